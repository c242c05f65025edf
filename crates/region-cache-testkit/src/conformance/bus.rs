//! The bus as a port: messages, bindings, and the journal.
#![expect(missing_docs, reason = "a case's name says what it shows")]

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use futures::stream::BoxStream;
use region_cache::backend::{Bus, Id, Interest, News, Topic};
use region_cache::{Error, Result};

use super::hearing::{next, soon};
use super::samples::SECOND;
use super::{Case, World};

#[doc(hidden)]
#[macro_export]
macro_rules! bus {
    ($fixture:ty) => {
        $crate::cases! { $fixture, bus:
            a_listener_is_told_when_it_hears_and_hears_all_from_then_on
            what_was_said_before_is_not_heard
            any_bytes_are_carried_under_any_name
            other_namespaces_are_not_heard
            a_listener_to_signals_hears_of_no_changes
            a_listener_to_everything_hears_of_changes
            every_listener_hears_everything_in_order
            publish_tells_how_many_listen
            a_binding_that_is_made_twice_is_one
            bindings_are_everybodys
            bindings_of_other_namespaces_are_not_ours
            an_entry_is_opened_with_all_bindings
            closing_tells_those_who_listen
            an_entry_that_is_closed_is_not_claimed
            an_entry_is_claimed_when_nobody_was_at_work_on_it
            an_entry_is_claimed_by_one
            a_claimed_entry_that_is_left_is_claimed_again
            a_foreign_signal_is_adopted_by_one
            a_foreign_signal_is_adopted_again_after_a_while
            an_adopted_entry_is_like_any_other
        }
    };
}

pub const SOURCE: &str = include_str!("bus.rs");

fn bus(world: &World) -> Arc<dyn Bus> {
    world.backend().bus()
}

/// As another process has it.
async fn other(world: &World) -> Arc<dyn Bus> {
    world.connect().await.bus()
}

fn signal(name: &str) -> Topic {
    Topic::Signal(name.to_owned())
}

fn message(name: &str, text: &str) -> News {
    News::Message(signal(name), text.to_owned().into())
}

type Listener = BoxStream<'static, News>;

/// One who hears already.
async fn listen(bus: &Arc<dyn Bus>, namespace: &str, interest: Interest) -> Listener {
    let mut news = bus.subscribe(namespace, interest);
    assert_eq!(next(&mut news).await, News::Up);
    news
}

pub async fn a_listener_is_told_when_it_hears_and_hears_all_from_then_on(world: &World) -> Case {
    let (here, there) = (bus(world), other(world).await);
    let mut news = listen(&there, world.namespace(), Interest::Signals).await;
    for number in 0..10 {
        here.publish(world.namespace(), &signal("a"), number.to_string().as_bytes()).await?;
        assert_eq!(next(&mut news).await, message("a", &number.to_string()));
    }
    Ok(())
}

pub async fn what_was_said_before_is_not_heard(world: &World) -> Case {
    let bus = bus(world);
    assert_eq!(bus.publish(world.namespace(), &signal("a"), b"early").await?, 0);
    let mut news = listen(&bus, world.namespace(), Interest::Everything).await;
    bus.publish(world.namespace(), &signal("a"), b"late").await?;
    assert_eq!(next(&mut news).await, message("a", "late"));
    Ok(())
}

pub async fn any_bytes_are_carried_under_any_name(world: &World) -> Case {
    let bus = bus(world);
    let mut news = listen(&other(world).await, world.namespace(), Interest::Signals).await;
    let all: Vec<u8> = (0..=255).collect();
    let bodies = [Vec::new(), vec![0], b"\r\n+OK\r\n".to_vec(), all, vec![b'x'; 1 << 20]];
    let names = ["a", "a.b.c", "caf\u{e9}.\u{1f980}", "[a-z]?\\.*", "%20|'\"", "signal"];
    for (body, name) in bodies.iter().cycle().zip(names) {
        for topic in [signal(name), Topic::Adopted(name.to_owned())] {
            bus.publish(world.namespace(), &topic, body).await?;
            assert_eq!(next(&mut news).await, News::Message(topic, body.clone().into()));
        }
    }
    Ok(())
}

pub async fn other_namespaces_are_not_heard(world: &World) -> Case {
    let bus = bus(world);
    let mut news = listen(&bus, world.namespace(), Interest::Everything).await;
    for suffix in ["-2", "2", "-signal"] {
        let namespace = format!("{}{suffix}", world.namespace());
        bus.publish(&namespace, &signal("a"), b"elsewhere").await?;
        bus.publish(&namespace, &Topic::Changes("shop".into()), b"elsewhere").await?;
        let elsewhere = world.cache_with(|builder| builder.namespace(namespace)).await;
        elsewhere.region("shop").set("k", &1).await?;
        elsewhere.clear().await?;
    }
    bus.publish(world.namespace(), &signal("a"), b"here").await?;
    assert_eq!(next(&mut news).await, message("a", "here"));
    Ok(())
}

pub async fn a_listener_to_signals_hears_of_no_changes(world: &World) -> Case {
    let bus = bus(world);
    let mut news = listen(&bus, world.namespace(), Interest::Signals).await;
    world.region("shop").set("k", &1).await?;
    world.region("shop").invalidate().await?;
    world.cache().clear().await?;
    bus.publish(world.namespace(), &Topic::Changes("shop".into()), b"changed").await?;
    bus.publish(world.namespace(), &signal("a"), b"said").await?;
    assert_eq!(next(&mut news).await, message("a", "said"));
    Ok(())
}

pub async fn a_listener_to_everything_hears_of_changes(world: &World) -> Case {
    let bus = bus(world);
    let mut news = listen(&other(world).await, world.namespace(), Interest::Everything).await;
    bus.publish(world.namespace(), &signal("a"), b"said").await?;
    assert_eq!(next(&mut news).await, message("a", "said"));
    world.region("shop.catalog").invalidate().await?;
    world.cache().clear().await?;
    for root in ["shop", "."] {
        let found = next(&mut news).await;
        let News::Message(Topic::Changes(of), _) = &found else { panic!("{found:?}") };
        assert_eq!(of, root);
    }
    Ok(())
}

pub async fn every_listener_hears_everything_in_order(world: &World) -> Case {
    let (here, there) = (bus(world), other(world).await);
    let one = listen(&here, world.namespace(), Interest::Signals).await;
    let two = listen(&there, world.namespace(), Interest::Everything).await;
    for number in 0..1_000 {
        here.publish(world.namespace(), &signal("a"), number.to_string().as_bytes()).await?;
    }
    for mut news in [one, two] {
        for number in 0..1_000 {
            assert_eq!(next(&mut news).await, message("a", &number.to_string()));
        }
    }
    Ok(())
}

/// Those who listen to this, in this namespace, and no others.
pub async fn publish_tells_how_many_listen(world: &World) -> Case {
    let (here, there) = (bus(world), other(world).await);
    let publish = async |topic: &Topic| here.publish(world.namespace(), topic, b"").await;
    assert_eq!(publish(&signal("a")).await?, 0);
    let one = listen(&here, world.namespace(), Interest::Signals).await;
    let two = listen(&there, world.namespace(), Interest::Everything).await;
    assert_eq!(publish(&signal("a")).await?, 2);
    let elsewhere = format!("{}-2", world.namespace());
    let third = listen(&there, &elsewhere, Interest::Everything).await;
    assert_eq!(publish(&signal("a")).await?, 2, "one listens to another namespace");
    assert_eq!(publish(&Topic::Changes("shop".into())).await?, 1, "one listens to signals only");
    drop((two, third));
    soon("one has gone", async || Ok(publish(&signal("a")).await? == 1)).await?;
    drop(one);
    soon("all have gone", async || Ok(publish(&signal("a")).await? == 0)).await?;
    Ok(())
}

pub async fn a_binding_that_is_made_twice_is_one(world: &World) -> Case {
    let (here, there) = (bus(world), other(world).await);
    here.bind(world.namespace(), "a").await?;
    there.bind(world.namespace(), "a").await?;
    assert_eq!(here.bindings(world.namespace()).await?, ["a"]);
    assert!(here.unbind(world.namespace(), "a").await?);
    assert!(!there.unbind(world.namespace(), "a").await?);
    assert_eq!(there.bindings(world.namespace()).await?, [""; 0]);
    Ok(())
}

pub async fn bindings_are_everybodys(world: &World) -> Case {
    let texts = ["", "{\"a\":1}", "\u{1f980}\n\0", "b"];
    for text in texts {
        other(world).await.bind(world.namespace(), text).await?;
    }
    let mut found = other(world).await.bindings(world.namespace()).await?;
    found.sort_unstable();
    assert_eq!(found, ["", "b", "{\"a\":1}", "\u{1f980}\n\0"]);
    assert!(other(world).await.unbind(world.namespace(), "\u{1f980}\n\0").await?);
    assert_eq!(bus(world).bindings(world.namespace()).await?.len(), 3);
    Ok(())
}

pub async fn bindings_of_other_namespaces_are_not_ours(world: &World) -> Case {
    let (bus, elsewhere) = (bus(world), format!("{}-2", world.namespace()));
    bus.bind(&elsewhere, "a").await?;
    assert_eq!(bus.bindings(world.namespace()).await?, [""; 0]);
    assert!(!bus.unbind(world.namespace(), "a").await?);
    assert_eq!(bus.open(world.namespace(), Id::random(), "e").await?.bindings, [""; 0]);
    assert_eq!(bus.claim(&elsewhere, Duration::ZERO).await?, None);
    assert_eq!(bus.bindings(&elsewhere).await?, ["a"]);
    Ok(())
}

pub async fn an_entry_is_opened_with_all_bindings(world: &World) -> Case {
    let (here, there) = (bus(world), other(world).await);
    let first = here.open(world.namespace(), Id::random(), "one").await?;
    assert_eq!(first.bindings, [""; 0]);
    here.bind(world.namespace(), "a").await?;
    there.bind(world.namespace(), "b").await?;
    let mut second = there.open(world.namespace(), Id::random(), "two").await?;
    second.bindings.sort_unstable();
    assert_eq!(second.bindings, ["a", "b"]);
    assert!(second.position > first.position);
    Ok(())
}

pub async fn closing_tells_those_who_listen(world: &World) -> Case {
    let (here, there) = (bus(world), other(world).await);
    let id = Id::random();
    here.open(world.namespace(), id, "entry").await?;
    assert_eq!(here.close(world.namespace(), id, &signal("a"), b"nobody").await?, 0);
    let mut news = listen(&there, world.namespace(), Interest::Signals).await;
    // Once more, as by one who does not know that it was closed.
    assert_eq!(here.close(world.namespace(), id, &signal("a"), b"done").await?, 1);
    assert_eq!(next(&mut news).await, message("a", "done"));
    Ok(())
}

pub async fn an_entry_that_is_closed_is_not_claimed(world: &World) -> Case {
    let (here, there) = (bus(world), other(world).await);
    let id = Id::random();
    here.open(world.namespace(), id, "entry").await?;
    there.close(world.namespace(), id, &signal("a"), b"").await?;
    world.pass(10 * SECOND).await;
    assert_eq!(there.claim(world.namespace(), 3 * SECOND).await?, None);
    assert_eq!(here.claim(world.namespace(), Duration::ZERO).await?, None);
    Ok(())
}

pub async fn an_entry_is_claimed_when_nobody_was_at_work_on_it(world: &World) -> Case {
    let (here, there) = (bus(world), other(world).await);
    let (id, text) = (Id::random(), "{\"signal\":\"\u{1f980}\"}");
    here.bind(world.namespace(), "a").await?;
    here.open(world.namespace(), id, text).await?;
    assert_eq!(there.claim(world.namespace(), 60 * SECOND).await?, None);
    world.pass(50 * SECOND).await;
    assert_eq!(there.claim(world.namespace(), 60 * SECOND).await?, None);
    world.pass(10 * SECOND).await;
    let claimed = there.claim(world.namespace(), 60 * SECOND).await?.expect("it is left");
    assert_eq!((claimed.id, claimed.entry.as_str()), (id, text));
    assert_eq!(claimed.bindings, ["a"]);
    Ok(())
}

pub async fn an_entry_is_claimed_by_one(world: &World) -> Case {
    let (here, there) = (bus(world), other(world).await);
    let ids = [Id::random(), Id::random()];
    for id in ids {
        here.open(world.namespace(), id, "entry").await?;
    }
    world.pass(60 * SECOND).await;
    let mut claimed = Vec::new();
    for bus in [&here, &there] {
        claimed.push(bus.claim(world.namespace(), 60 * SECOND).await?.expect("one is left").id);
    }
    for bus in [&here, &there] {
        assert_eq!(bus.claim(world.namespace(), 60 * SECOND).await?, None);
    }
    assert!(ids.iter().all(|id| claimed.contains(id)), "{claimed:?}");
    Ok(())
}

pub async fn a_claimed_entry_that_is_left_is_claimed_again(world: &World) -> Case {
    let (here, there) = (bus(world), other(world).await);
    let id = Id::random();
    here.open(world.namespace(), id, "entry").await?;
    for _ in 0..3 {
        world.pass(60 * SECOND).await;
        let claimed = there.claim(world.namespace(), 60 * SECOND).await?;
        assert_eq!(claimed.expect("it is left").id, id);
    }
    here.close(world.namespace(), id, &signal("a"), b"").await?;
    world.pass(60 * SECOND).await;
    assert_eq!(there.claim(world.namespace(), 60 * SECOND).await?, None);
    Ok(())
}

async fn adopts(bus: &Arc<dyn Bus>, namespace: &str, digest: Id) -> Result<bool, Error> {
    let adopted = bus.adopt(namespace, digest, 60 * SECOND, Id::random(), "entry").await?;
    Ok(adopted.is_some())
}

pub async fn a_foreign_signal_is_adopted_by_one(world: &World) -> Case {
    let (here, there) = (bus(world), other(world).await);
    let (digest, elsewhere) = (Id::random(), format!("{}-2", world.namespace()));
    assert!(adopts(&here, world.namespace(), digest).await?);
    assert!(!adopts(&there, world.namespace(), digest).await?);
    assert!(!adopts(&here, world.namespace(), digest).await?);
    assert!(adopts(&there, world.namespace(), Id::random()).await?, "another one");
    assert!(adopts(&there, &elsewhere, digest).await?, "another namespace's");
    Ok(())
}

pub async fn a_foreign_signal_is_adopted_again_after_a_while(world: &World) -> Case {
    let (here, there) = (bus(world), other(world).await);
    let digest = Id::random();
    for _ in 0..3 {
        assert!(adopts(&there, world.namespace(), digest).await?);
        world.pass(50 * SECOND).await;
        assert!(!adopts(&here, world.namespace(), digest).await?);
        world.pass(10 * SECOND).await;
    }
    Ok(())
}

pub async fn an_adopted_entry_is_like_any_other(world: &World) -> Case {
    let (here, there) = (bus(world), other(world).await);
    let (digest, id) = (Id::random(), Id::random());
    let start = here.open(world.namespace(), Id::random(), "first").await?.position;
    here.bind(world.namespace(), "a").await?;
    let adopted = there.adopt(world.namespace(), digest, SECOND, id, "second").await?;
    let adopted = adopted.expect("nobody else wants it");
    assert_eq!(adopted.bindings, ["a"]);
    let refused = here.adopt(world.namespace(), digest, SECOND, Id::random(), "third").await?;
    assert_eq!(refused, None);
    let journal = here.journal(world.namespace(), Some(start)).await?;
    assert_eq!(journal.entries, [(adopted.position, "second".to_owned())]);
    let topic = Topic::Adopted("a".into());
    let mut news = listen(&here, world.namespace(), Interest::Signals).await;
    assert_eq!(there.close(world.namespace(), id, &topic, b"done").await?, 1);
    assert_eq!(news.next().await, Some(News::Message(topic, b"done"[..].into())));
    Ok(())
}
