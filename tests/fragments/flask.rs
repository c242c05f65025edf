//! `{% cache timeout, key.. %}`, `'del'` and `make_template_fragment_key`.

use std::time::Duration;

use minijinja::context;
use region_cache::fragments::fragment_key;
use region_cache::{Cache, Clock};

use super::Site;

#[tokio::test]
async fn jinja_cache_renders_its_body_once() {
    let site = Site::new("{% call cache('side') %}{{ count() }} for {{ name }}{% endcall %}");
    assert_eq!(site.page(context! { name => "Ada" }).await, "1 for Ada");
    assert_eq!(site.page(context! { name => "Bob" }).await, "1 for Ada");
    assert_eq!(site.cache.stats().entries, 1);
}

#[tokio::test]
async fn jinja_cache_timeout() {
    let clock = Clock::manual();
    let cache = Cache::builder().clock(clock.clone()).build().await.unwrap();
    let site = Site::on(&cache, "{% call cache('side', ttl='1m30s') %}{{ count() }}{% endcall %}");
    assert_eq!(site.page(()).await, "1");
    clock.advance(Duration::from_secs(89));
    assert_eq!(site.page(()).await, "1");
    clock.advance(Duration::from_secs(1));
    assert_eq!(site.page(()).await, "2");
}

/// Theirs is `{% cache 0 %}`, or `None`.
#[tokio::test]
async fn jinja_cache_timeout_none() {
    let clock = Clock::manual();
    let cache = Cache::builder().clock(clock.clone()).build().await.unwrap();
    let site = Site::on(&cache, "{% call cache('side', ttl='never') %}{{ count() }}{% endcall %}");
    assert_eq!(site.page(()).await, "1");
    clock.advance(Duration::from_secs(1_000_000_000));
    assert_eq!(site.page(()).await, "1");
}

#[tokio::test]
async fn jinja_cache_keys() {
    let site = Site::new(
        "{% call cache('a') %}{{ count() }}{% endcall %} \
         {% call cache('b') %}{{ count() }}{% endcall %} \
         {% call cache('a') %}{{ count() }}{% endcall %}",
    );
    assert_eq!(site.page(()).await, "1 2 1");
}

#[tokio::test]
async fn jinja_cache_vary_on() {
    let site = Site::new("{% call cache('side', vary=[user, lang]) %}{{ count() }}{% endcall %}");
    let mut pages = Vec::new();
    for (user, lang) in [(7, "en"), (8, "en"), (7, "de"), (7, "en")] {
        pages.push(site.page(context! { user, lang }).await);
    }
    assert_eq!(pages, ["1", "2", "3", "1"]);
}

#[tokio::test]
async fn jinja_cache_del() {
    let site = Site::new("{% call cache('side', vary=[user]) %}{{ count() }}{% endcall %}");
    for user in [7, 8] {
        site.page(context! { user }).await;
    }
    assert!(site.fragments.remove("side", &[7]).await.unwrap());
    assert!(!site.fragments.remove("side", &[7]).await.unwrap(), "it was removed");
    assert!(!site.fragments.remove("side", &()).await.unwrap(), "another");
    assert_eq!(site.page(context! { user => 8 }).await, "2");
    assert_eq!(site.page(context! { user => 7 }).await, "3");
}

#[tokio::test]
async fn make_template_fragment_key() {
    let page = "{% call cache('side', vary=vary) %}{{ count() }}{% endcall %}";
    // (1) the value as a template gets it, (2) the key as Rust writes it
    let (user, none) = (String::from("Ada"), None::<u8>);
    for (vary, key) in [
        (minijinja::Value::from(()), fragment_key("side", &())),
        (7.into(), fragment_key("side", &7_u64)),
        (vec![-7].into(), fragment_key("side", &[-7_i8])),
        (vec![user.clone()].into(), fragment_key("side", &(&user,))),
        (
            vec!["Ada".into(), minijinja::Value::from(7), none.into()].into(),
            fragment_key("side", &("Ada", 7, none)),
        ),
        (minijinja::Value::from_safe_string(user), fragment_key("side", "Ada")),
        (context! { b => 1, a => [true] }, {
            let map: std::collections::HashMap<_, _> =
                [("a", serde_json::json!([true])), ("b", 1.into())].into();
            fragment_key("side", &map)
        }),
        (vec![1.5].into(), fragment_key("side", &[1.5])),
    ] {
        let site = Site::new(page);
        site.page(context! { vary => vary.clone() }).await;
        assert!(site.fragments.region().remove(key).await.unwrap(), "{vary:?}");
    }
    assert_ne!(fragment_key("side", &["a", "b"]), fragment_key("side", &["ab"]));
    let made = fragment_key("side", &7);
    let digest = made.as_str().unwrap().strip_prefix("fragment:side").unwrap().to_owned();
    assert_ne!(
        fragment_key(&format!("side{digest}"), &()),
        made,
        "no name looks like another's key"
    );
}

#[tokio::test]
async fn fragments_fall_with_their_region_and_by_signals() {
    let site =
        Site::new("{% call cache('prices', region='shop.catalog') %}{{ count() }}{% endcall %}");
    assert_eq!(site.page(()).await, "1");
    site.fragments.region().invalidate().await.unwrap();
    assert_eq!(site.page(()).await, "1", "it is in another region");
    site.cache.region("shop").invalidate().await.unwrap();
    assert_eq!(site.page(()).await, "2");
    site.cache.region("shop.catalog").invalidate_on("price.changed").await.unwrap();
    site.cache.emit("price.changed").await.unwrap();
    assert_eq!(site.page(()).await, "3");
    assert!(site.cache.region("shop.catalog").remove(fragment_key("prices", &())).await.unwrap());

    let site = Site::new("{% call cache('side') %}{{ count() }}{% endcall %}");
    assert_eq!(site.page(()).await, "1");
    site.fragments.region().invalidate().await.unwrap();
    assert_eq!(site.page(()).await, "2");
}

#[tokio::test]
async fn null_cache_renders_each_time() {
    let cache = Cache::connect("null:").await.unwrap();
    let site = Site::on(&cache, "{% call cache('side') %}{{ count() }}{% endcall %}");
    assert_eq!(site.page(()).await, "1");
    assert_eq!(site.page(()).await, "2");
}
