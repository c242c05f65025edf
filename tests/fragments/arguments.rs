//! What is wrong in a template is told, with what would be right.

use std::time::Duration;

use minijinja::{Environment, context};
use region_cache::{Cache, Clock, ErrorKind, RegionOptions};

use super::Site;

/// What is wrong with a page, and of which kind it is.
async fn wrong(page: &'static str) -> (ErrorKind, String) {
    let error =
        Site::new(page).try_page(context! { user => context! { id => 7 } }).await.unwrap_err();
    let cause = error.downcast_ref::<minijinja::Error>().expect("the template's own error");
    assert_eq!((cause.name(), cause.line()), (Some("page.html"), Some(1)), "{error}");
    (error.kind(), error.to_string())
}

#[tokio::test]
async fn wrong_arguments_are_told_what_would_be_right() {
    for (page, kind, says) in [
        (
            "{% call cache('a', timeout=5) %}{% endcall %}",
            ErrorKind::Other,
            "no argument `timeout`",
        ),
        (
            "{% call cache('a', timeout=5) %}{% endcall %}",
            ErrorKind::Other,
            "`ttl`, `vary` and `region`",
        ),
        ("{% call cache('a', ttl=300) %}{% endcall %}", ErrorKind::Other, "`300s` for seconds"),
        ("{% call cache('a', ttl='soon') %}{% endcall %}", ErrorKind::Other, "such as `10m`"),
        (
            "{% call cache('a', vary=[user.idd]) %}{% endcall %}",
            ErrorKind::Other,
            "in `vary` is undefined",
        ),
        (
            "{% call cache('a', vary=user.idd) %}{% endcall %}",
            ErrorKind::Other,
            "in `vary` is undefined",
        ),
        (
            "{% call cache('a', vary={'u': [user.idd]}) %}{% endcall %}",
            ErrorKind::Other,
            "in `vary` is undefined",
        ),
        (
            "{% call cache('a', region=user.region) %}{% endcall %}",
            ErrorKind::Other,
            "`region` is undefined",
        ),
        ("{% call cache('a', region=5) %}{% endcall %}", ErrorKind::Other, "`region` is `5`"),
        ("{{ cache('a') }}", ErrorKind::Other, "{% call cache(\"a\") %}"),
        ("{% call cache() %}{% endcall %}", ErrorKind::Other, "missing argument"),
        ("{% call cache(300, 'a') %}{% endcall %}", ErrorKind::Other, "string"),
        (
            "{% call cache('a', region='a..b') %}{% endcall %}",
            ErrorKind::InvalidName,
            "empty segment",
        ),
        ("{% call cache('a', ttl='0s') %}{% endcall %}", ErrorKind::Config, "is zero"),
    ] {
        let (found, error) = wrong(page).await;
        assert!(found == kind && error.contains(says), "{page}: {found:?} {error}");
    }
}

#[tokio::test]
async fn what_may_be_missing_is_said_so() {
    let page = "{% call cache('a', vary=[user.id or none]) %}{{ count() }}{% endcall %}";
    let site = Site::new(page);
    let [one, nobody] = [context! { id => 7 }, context! {}];
    assert_eq!(site.page(context! { user => one }).await, "1");
    assert_eq!(site.page(context! { user => nobody }).await, "2");
}

#[tokio::test]
async fn a_body_that_fails_is_not_stored_and_its_error_is_the_pages() {
    let page = "{% call cache('a') %}{{ count() }}{{ 1 / by }}{% endcall %}";
    let site = Site::new(page);
    let error = site.try_page(context! { by => "nothing" }).await.unwrap_err();
    assert!(error.is_other(), "{error:?}");
    assert!(error.to_string().contains("in page.html:1"), "{error}");
    assert_eq!(site.cache.stats().entries, 0);
    assert_eq!(site.page(context! { by => 1 }).await, "21.0");
    assert_eq!(site.page(context! { by => "nothing" }).await, "21.0");
}

#[tokio::test]
async fn a_fragment_that_cannot_be_stored_is_rendered_all_the_same() {
    let short = RegionOptions::new().max_value_bytes(1);
    let cache = Cache::builder().options(short).build().await.unwrap();
    let site = Site::on(&cache, "{% call cache('a') %}{{ count() }}{% endcall %}");
    assert_eq!(site.page(()).await, "1");
    assert_eq!(site.page(()).await, "2");
}

/// It is past its `compute_timeout` before it ends.
#[tokio::test]
async fn a_computation_that_takes_too_long_is_good_for_its_own_page() {
    let clock = Clock::manual();
    let cache = Cache::builder().clock(clock.clone()).build().await.unwrap();
    let page = "{% call cache('a') %}{{ pass() }}{{ count() }}{% endcall %}";
    let stats = cache.clone();
    let pass = move || {
        let given_up = stats.stats().failed_computations;
        // Again and again: the limit may not have been set yet.
        while stats.stats().failed_computations == given_up {
            clock.advance(Duration::from_secs(31));
            std::thread::yield_now();
        }
    };
    let site = Site::with(&cache, &[("page.html", page)], |env| env.add_function("pass", pass));
    assert_eq!(site.page(()).await, "None1");
    assert_eq!(site.page(()).await, "None2", "it was given up");
}

#[tokio::test]
async fn a_template_that_is_missing_is_named() {
    let site = Site::new("");
    let error = site.fragments.render(&site.env, "cage.html", ()).await.unwrap_err();
    assert!(error.to_string().contains("cage.html"), "{error}");
}

#[tokio::test]
async fn what_panics_is_an_error_and_leaves_nothing_behind() {
    let page = "{% call cache('a') %}{{ count() }}{{ burst(now) }}{% endcall %}";
    let burst = |env: &mut Environment<'static>| {
        env.add_function("burst", |now: bool| assert!(!now, "for the test"));
    };
    let site = Site::with(&Cache::in_memory(), &[("page.html", page)], burst);
    let error = site.try_page(context! { now => true }).await.unwrap_err();
    assert!(error.is_panic(), "{error:?}");
    assert_eq!(site.page(context! { now => false }).await, "2None");
    // The thread that panicked is used again, and does not believe to be within a rendering.
    let env = site.env.clone();
    let plain = move || env.get_template("page.html").unwrap().render(context! { now => false });
    let mut threads = tokio::task::JoinSet::new();
    threads.spawn_blocking(plain);
    assert_eq!(threads.join_next().await.unwrap().unwrap().unwrap(), "3None");
}

#[test]
fn elsewhere_a_body_is_rendered_each_time() {
    let site = Site::new("{% call cache('a') %}<p>{{ count() }}</p>{% endcall %}");
    for round in 1..3 {
        let page = site.env.get_template("page.html").unwrap().render(()).unwrap();
        assert_eq!(page, format!("<p>{round}</p>"));
    }
    assert_eq!(site.cache.stats().entries, 0);
    let error = futures::executor::block_on(site.try_page(())).unwrap_err();
    assert!(error.is_config() && error.to_string().contains("tokio runtime"), "{error}");
}

#[tokio::test]
async fn after_a_shutdown_there_is_an_error() {
    let site = Site::new("{% call cache('a') %}{{ count() }}{% endcall %}");
    site.cache.clone().shutdown().await;
    let error = site.try_page(()).await.unwrap_err();
    assert!(error.is_closed(), "{error:?}");
}
