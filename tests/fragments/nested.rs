//! Fragments within fragments.

use std::time::Duration;

use minijinja::context;
use region_cache::fragments::fragment_key;
use region_cache::{Cache, Error, RegionOptions};

use super::Site;

const OUTER: &str = "{% call cache('outer') %}[{{ count() }} \
    {% call cache('inner', region='site.inner') %}<{{ count() }}>{% endcall %}]{% endcall %}";

#[tokio::test]
async fn a_fragment_within_a_fragment_is_cached_by_itself() {
    let site = Site::new(OUTER);
    assert_eq!(site.page(()).await, "[1 <2>]");
    assert_eq!(site.page(()).await, "[1 <2>]");
    assert!(site.fragments.remove("outer", &()).await.unwrap());
    assert_eq!(site.page(()).await, "[3 <2>]", "the inner one is still there");
    site.cache.region("site.inner").invalidate().await.unwrap();
    assert_eq!(site.page(()).await, "[3 <2>]", "the outer one holds its text");
    site.cache.region("site").invalidate().await.unwrap();
    assert_eq!(site.page(()).await, "[4 <5>]");
}

#[tokio::test]
async fn fragments_are_found_in_includes_and_blocks() {
    let templates = [
        ("base.html", "{% block body %}{% endblock %}"),
        ("part.html", "{% call cache('part') %}{{ count() }}{% endcall %}"),
        (
            "page.html",
            "{% extends 'base.html' %}{% block body %}{% include 'part.html' %}{% endblock %}",
        ),
    ];
    let site = Site::with(&Cache::in_memory(), &templates, |_| ());
    assert_eq!(site.page(()).await, "1");
    assert_eq!(site.page(()).await, "1");
    let env = site.env.clone();
    let block = move || {
        let mut page = env.get_template("page.html")?.render_captured(())?;
        page.with_state_mut(|state| state.render_block("body"))
    };
    assert_eq!(site.fragments.run(block).await.unwrap(), "1");
}

/// It would wait for itself.
#[tokio::test]
async fn a_fragment_within_itself_is_an_error() {
    let site = Site::new(
        "{% call cache('a') %}{% call cache('b') %}{% call cache('a') %}{% endcall %}{% endcall %}{% endcall %}",
    );
    let error = site.try_page(()).await.unwrap_err();
    assert!(error.is_recursion(), "{error:?}");
    assert_eq!(site.cache.stats().entries, 0);
}

/// A page that is itself cached by Rust, and asks for itself.
#[tokio::test]
async fn the_computation_around_a_rendering_is_known_within() {
    let site = Site::new("{% call cache('a') %}{{ count() }}{% endcall %}");
    let key = fragment_key("a", &());
    let region = site.fragments.region().clone();
    let page = region.get_or_compute(key, || site.try_page(())).await;
    let error: Error = page.map(|_: String| ()).unwrap_err();
    assert!(error.is_recursion(), "{error:?}");
}

/// Else it would count as fresh for the outer fragment's whole life.
#[tokio::test]
async fn what_has_run_out_of_time_makes_no_fragment_that_counts_as_fresh() {
    let page = "{% call cache('outer') %}{{ count() }}:\
        {% call cache('inner', region='site.inner') %}{{ 1 / by }}{% endcall %}{% endcall %}";
    let keeping = RegionOptions::new().stale_for(Duration::from_secs(3600));
    let cache = Cache::builder().region("site.inner", keeping).build().await.unwrap();
    let site = Site::on(&cache, page);
    assert_eq!(site.page(context! { by => 1 }).await, "1:1.0");
    assert!(cache.region("site.inner").expire(fragment_key("inner", &())).await.unwrap());
    site.fragments.region().invalidate().await.unwrap();
    // The source is down: the inner one that has run out of time stands in.
    let down = || context! { by => "nothing" };
    assert_eq!(site.page(down()).await, "2:1.0");
    assert_eq!(site.page(down()).await, "3:1.0", "the outer one was not stored");
}
