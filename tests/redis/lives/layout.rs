//! That keys are what the documentation says. It stands in the library's `redis/layout.rs`.

use std::collections::BTreeSet;

use region_cache_testkit::server::{Server, Value};

use super::{WAYS, in_each, write};
use crate::redis::{ITEM, Two, address, fences, key, lease, two};

#[tokio::test]
async fn the_keys_on_the_server_are_those_that_are_documented() {
    let Two { server, here, there } = two().await;
    for way in WAYS {
        for path in [ITEM, "shop.other", "blog"] {
            write(&here.region(path), way).await;
        }
    }
    let held = lease::<i64>(&there.region(ITEM), "absent").await;
    here.region("shop.other").transaction(async |t| t.increment("k", 1).await).await.unwrap();
    // Walks of which only the first step is done.
    let large = (0..1_000).map(|n| format!("large.leaf{n}"));
    in_each(&here, large, async |region| region.set("k", &1).await.unwrap()).await;
    for target in ["large", ""] {
        here.backend().invalidate(&address(target)).await.unwrap();
    }
    write(&there.region(ITEM), "set").await;
    let next = lease::<i64>(&there.region(ITEM), "absent").await;

    let mut seen = BTreeSet::new();
    for name in server.keys().await {
        let kind = server.cli(&["TYPE", &name]).await;
        let documented = form(&name).unwrap_or_else(|| panic!("{name} is not documented"));
        assert_eq!(kind, documented.1, "{name}");
        seen.insert(documented);
    }
    let all: BTreeSet<(&str, &str)> = DOCUMENTED.into_iter().collect();
    assert_eq!(seen, all, "not all that is documented was seen");
    drop((held, next));
}

#[tokio::test]
async fn a_fence_names_itself_and_what_it_hangs_on() {
    let Two { server, here, there: _ } = two().await;
    here.region(ITEM).set("k", &1).await.unwrap();
    let reign = reign(&server).await;
    let mut above = String::new();
    for (level, name) in fences(ITEM).iter().enumerate() {
        let fence = server.cli(&["GET", name]).await;
        let (own, hangs_on) = fence.split_once('|').unwrap();
        assert!(is_id(own), "{name}: {fence}");
        let wanted = match level {
            0 => reign.clone(),
            1 => format!("{reign}|{above}"),
            _ => above,
        };
        assert_eq!(hangs_on, wanted, "{name}");
        above = own.to_owned();
    }
    let Value::Bytes(envelope) = server.call(&["HGET", &key('h', ITEM), "k"]).await else {
        panic!("no entry")
    };
    let stamp: String = envelope[2..18].iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(stamp, above, "a value is stamped with its region's fence");
}

#[tokio::test]
async fn a_lease_names_itself_its_stamp_and_its_deadline() {
    let Two { server, here, there: _ } = two().await;
    let held = lease::<i64>(&here.region(ITEM), "k").await;
    let record = server.cli(&["HGET", &key('l', ITEM), "k"]).await;
    let [id, stamp, deadline] = record.split('|').collect::<Vec<_>>().try_into().unwrap();
    assert!(is_id(id), "{record}");
    let fence = server.cli(&["GET", &key('f', ITEM)]).await;
    assert_eq!(stamp, &fence[..32]);
    let now: u64 = server.cli(&["TIME"]).await.lines().next().unwrap().parse().unwrap();
    let deadline = deadline.parse::<u64>().unwrap() / 1_000;
    assert!((now + 5..=now + 10).contains(&deadline), "{deadline} at {now}");
    drop(held);
}

#[tokio::test]
async fn changes_are_announced_on_the_documented_channels() {
    let Two { server, here, there: _ } = two().await;
    let mut client = server.client().await;
    let channels = ["region-cache:{shop}:changes", "region-cache:{.}:changes"];
    client.call(&["SUBSCRIBE", channels[0]]).await.unwrap();
    client.call(&["SUBSCRIBE", channels[1]]).await.unwrap();
    for (way, channel) in
        [("set", channels[0]), ("transaction", channels[0]), ("clear", channels[1])]
    {
        match way {
            "set" => here.region(ITEM).set("k", &1).await.unwrap(),
            "clear" => drop(here.clear().await.unwrap()),
            _ => here.region(ITEM).transaction(async |t| t.set("k", &1)).await.unwrap(),
        }
        let message = client.receive().await.unwrap().into_list();
        assert_eq!(message[1], channel.into(), "{way}");
        let Value::Bytes(message) = &message[2] else { panic!("{message:?}") };
        assert_eq!(
            message[..2],
            [0x98, 1],
            "eight things in MessagePack, the first is the version"
        );
    }
}

/// The reign of a server: the beginnings of its run id and of its replication id.
async fn reign(server: &Server) -> String {
    let (run, replication) = (server.info("server").await, server.info("replication").await);
    format!("{}{}", &run["run_id"][..16], &replication["master_replid"][..16])
}

fn is_id(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The documented form and type of a key with this name, if there is one.
fn form(name: &str) -> Option<(&'static str, &'static str)> {
    let (root, rest) = name.strip_prefix("region-cache:{")?.split_once("}:")?;
    let name = match rest.split_once(':') {
        Some((kind, path)) if path == root || path.starts_with(&format!("{root}.")) => {
            format!("{kind}:<path>")
        }
        Some(_) => return None,
        None => rest.to_owned(),
    };
    let name = format!("{}:{name}", if root == "." { "{.}" } else { "{<root>}" });
    DOCUMENTED.into_iter().find(|(form, _)| *form == name)
}

/// Without the scratch of an addition, which nobody sees.
const DOCUMENTED: [(&str, &str); 10] = [
    ("{<root>}:h:<path>", "hash"),
    ("{<root>}:c:<path>", "set"),
    ("{<root>}:f:<path>", "string"),
    ("{<root>}:l:<path>", "hash"),
    ("{<root>}:p", "hash"),
    ("{<root>}:seq", "string"),
    ("{.}:fence", "string"),
    ("{.}:roots", "set"),
    ("{.}:p", "hash"),
    ("{.}:seq", "string"),
];
