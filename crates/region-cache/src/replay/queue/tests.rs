use super::*;

fn address(path: &str) -> Address {
    Address::parse("test", path).unwrap()
}

fn tree(path: &str) -> Duty {
    Duty::Tree(address(path))
}

fn key(path: &str, key: &str, act: Act) -> Duty {
    let (region, key) = (address(path), Key::from(key));
    Duty::of(Change {
        region,
        key,
        act,
        region_ttl: None,
        refresh_region_ttl: false,
        requires: None,
        is_whole: false,
    })
}

/// A late removal of one of them would be a hole in what is of use only together.
#[test]
fn what_is_of_use_only_as_a_whole_goes_as_a_whole() {
    let Duty::Key(one) = key("shop.catalog", "k", Act::Remove) else { unreachable!() };
    let whole = Change { is_whole: true, ..*one };
    assert!(matches!(Duty::of(whole), Duty::Tree(target) if target == address("shop.catalog")));
}

fn queue(duties: impl IntoIterator<Item = Duty>) -> Queue {
    let mut queue = Queue::default();
    duties.into_iter().for_each(|duty| queue.add(duty));
    queue
}

fn paths(queue: &Queue) -> Vec<String> {
    queue.duties.values().map(|duty| duty.region().path().to_owned()).collect()
}

#[test]
fn an_invalidation_includes_all_that_is_beneath_it_and_nothing_beside_it() {
    let beneath = [tree("shop.catalog"), key("shop.a", "k", Act::Remove), tree("shopping")];
    assert_eq!(paths(&queue(beneath.into_iter().chain([tree("shop")]))), ["shopping", "shop"]);
}

#[test]
fn a_removal_includes_an_expiry_of_the_key_but_not_the_other_way_round() {
    let one = [key("a", "k", Act::Expire), key("a", "k", Act::Remove)];
    assert_eq!(queue(one).length(), 1);
    let both = [key("a", "k", Act::Remove), key("a", "k", Act::Expire)];
    assert_eq!(queue(both).length(), 2);
    let others =
        [key("a", "k", Act::Remove), key("a", "l", Act::Remove), key("b", "k", Act::Remove)];
    assert_eq!(queue(others).length(), 3);
}

#[test]
fn what_is_queued_again_while_it_is_done_stays() {
    let mut queue = queue([tree("shop")]);
    let under_way = queue.all();
    queue.add(tree("shop"));
    queue.done(under_way[0].0);
    assert_eq!(queue.length(), 1);
}

#[test]
fn who_reads_is_told_of_what_it_would_see() {
    let tree = tree("shop");
    assert!(tree.is_about(&address("shop.catalog"), None) && tree.is_about(&address("shop"), None));
    assert!(!tree.is_about(&address("shopping"), None) && !tree.is_about(&address("blog"), None));
    let key = key("shop", "k", Act::Remove);
    assert!(key.is_about(&address("shop"), None));
    assert!(key.is_about(&address("shop"), Some(&["k".into()])));
    assert!(!key.is_about(&address("shop"), Some(&["l".into()])));
    assert!(!key.is_about(&address("shop.catalog"), Some(&["k".into()])));
}

#[test]
fn too_many_below_one_root_become_an_invalidation_of_what_they_have_in_common() {
    let many = (0..MOST).map(|n| key(&format!("shop.catalog.{n}"), "k", Act::Remove));
    let queue = queue([tree("blog")].into_iter().chain(many));
    assert_eq!(paths(&queue), ["blog", "shop.catalog"]);
}

#[test]
fn too_many_roots_become_an_invalidation_of_everything() {
    let queue = queue((0..=MOST).map(|n| tree(&format!("root{n}"))));
    assert_eq!(paths(&queue), [""]);
}

#[test]
fn there_are_never_more_than_the_most() {
    let mut queue = Queue::default();
    for n in 0..5 * MOST {
        queue.add(key(&format!("r{}.s{}", n % 7, n % 97), &n.to_string(), Act::Remove));
        assert!(queue.length() <= MOST);
    }
}
