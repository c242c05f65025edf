use region_cache::codec::{Bincode, Json, MessagePack};
use region_cache::{Cache, RegionOptions};

use super::*;

fn page() -> Page {
    let mut headers = HeaderMap::new();
    headers.append("link", HeaderValue::from_static("</a>"));
    headers.append("link", HeaderValue::from_static("</b>"));
    headers.append("x-latin", HeaderValue::from_bytes(b"caf\xe9").unwrap());
    headers.append("x-empty", HeaderValue::from_static(""));
    let body = (Bytes::from_static(b"\x00\xff body"), headers.clone());
    let selected = vec![("accept".to_owned(), Some(Bytes::from("a"))), ("cookie".to_owned(), None)];
    let times = Times {
        received_at: Timestamp::from_millis(1_000),
        initial_age: Duration::from_millis(500),
        fresh_for: Duration::from_secs(60),
    };
    Page::new(StatusCode::IM_A_TEAPOT, headers, body, selected, times)
}

#[test]
fn what_is_stored_comes_back_by_every_codec() {
    futures::executor::block_on(async {
        let options = RegionOptions::new;
        for options in [
            options(),
            options().codec(Json),
            options().codec(Bincode),
            options().codec(MessagePack).compress_above(0),
        ] {
            let cache = Cache::builder().options(options).build().await.unwrap();
            let region = cache.region("http").with(|o| o.schema(SCHEMA));
            let page = page();
            let by = vec!["accept".to_owned()];
            let entry = Entry::Varies { by, first: Some(Arc::new(page.clone())) };
            region.set("k", &entry).await.unwrap();
            let Some(Entry::Varies { by, first: Some(back) }) = region.get("k").await.unwrap()
            else {
                panic!("another entry");
            };
            assert_eq!(by, ["accept"]);
            assert_eq!((back.status(), &back.headers), (page.status(), &page.headers));
            assert_eq!((&back.body, &back.trailers), (&page.body, &page.trailers));
            assert_eq!((&back.selected, back.life()), (&page.selected, page.life()));
            assert_eq!(back.received_at(), page.received_at());
        }
    });
}

#[test]
fn its_age_goes_on_from_what_it_came_with() {
    let (page, at) = (page(), Timestamp::from_millis);
    assert_eq!(page.age(at(1_000)), Duration::from_millis(500));
    assert_eq!(page.age(at(0)), Duration::from_millis(500), "clocks may go back");
    assert!(page.is_fresh(at(60_499)) && !page.is_fresh(at(60_500)));
    assert_eq!((page.ttl(at(1_000)), page.ttl(at(60_499)), page.ttl(at(60_501))), (59, 0, -1));
}

#[test]
fn it_suits_requests_with_the_same_headers() {
    let request = |pairs: &[(&'static str, &'static str)]| {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, HeaderValue::from_static(value));
        }
        headers
    };
    assert!(page().suits(&request(&[("accept", "a"), ("other", "b")])));
    for other in [
        &[("accept", "b")][..],
        &[],
        &[("accept", "a"), ("cookie", "")],
        &[("accept", "a"), ("accept", "a")],
    ] {
        assert!(!page().suits(&request(other)), "{other:?}");
    }
}

#[test]
fn names_in_vary_are_sorted_and_a_star_is_none() {
    let of = |lines: &[&'static str]| {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append("vary", HeaderValue::from_static(line));
        }
        varies_by(&headers)
    };
    assert_eq!(of(&[]).unwrap(), [""; 0]);
    assert_eq!(of(&["Cookie, ,accept", "ACCEPT"]).unwrap(), ["accept", "cookie"]);
    assert_eq!((of(&["accept", "*"]), of(&["no name"])), (None, None));
}
