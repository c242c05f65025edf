//! Text is escaped once, whether it is rendered or comes from the cache.

use minijinja::context;
use region_cache::Cache;

use super::Site;

const NASTY: &str = "<b>&amp;</b>";

#[tokio::test]
async fn text_is_escaped_once_and_markup_not_at_all() {
    let site = Site::new("{% call cache('a') %}<p title=\"x\">{{ text }}</p>{% endcall %}");
    let right = "<p title=\"x\">&lt;b&gt;&amp;amp;&lt;&#x2f;b&gt;</p>";
    for round in ["rendered", "cached"] {
        assert_eq!(site.page(context! { text => NASTY }).await, right, "{round}");
    }
}

#[tokio::test]
async fn a_fragment_stays_safe_wherever_it_is_passed_to() {
    let site = Site::new(
        "{% macro side() %}{% call cache('a') %}<p>{{ text }}</p>{% endcall %}{% endmacro %}\
         {% set kept = side() %}{{ kept }}{{ [kept]|join('-') }}",
    );
    let right = "<p>&lt;i&gt;</p><p>&lt;i&gt;</p>";
    for round in ["rendered", "cached"] {
        assert_eq!(site.page(context! { text => "<i>" }).await, right, "{round}");
    }
}

#[tokio::test]
async fn where_nothing_is_escaped_a_fragment_is_not_either() {
    let page = "{% call cache('a') %}{{ text }}{% endcall %}";
    let site = Site::with(&Cache::in_memory(), &[("page.txt", page)], |_| ());
    for _ in 0..2 {
        let text = context! { text => NASTY };
        assert_eq!(site.fragments.render(&site.env, "page.txt", text).await.unwrap(), NASTY);
    }
    assert_eq!(site.cache.stats().hits, 1);
}

/// Else what a plain text has would become markup.
#[tokio::test]
async fn a_fragment_is_used_only_where_it_would_be_escaped_alike() {
    let page = "{% call cache('a') %}{{ text }}{% endcall %}";
    let templates = [("page.txt", page), ("page.html", page)];
    let site = Site::with(&Cache::in_memory(), &templates, |_| ());
    let text = || context! { text => "<script>" };
    assert_eq!(site.fragments.render(&site.env, "page.txt", text()).await.unwrap(), "<script>");
    assert_eq!(site.page(text()).await, "&lt;script&gt;");

    let site = Site::with(&Cache::in_memory(), &templates, |_| ());
    assert_eq!(site.page(text()).await, "&lt;script&gt;");
    assert_eq!(site.fragments.render(&site.env, "page.txt", text()).await.unwrap(), "<script>");
    let same = Site::new(
        "{% call cache('a') %}{{ text }}{% endcall %}\
         {% autoescape false %}{% call cache('a') %}{{ text }}{% endcall %}{% endautoescape %}",
    );
    assert_eq!(same.page(text()).await, "&lt;script&gt;<script>");
}
