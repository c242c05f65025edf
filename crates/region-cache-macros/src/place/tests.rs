use super::{Place, text};

/// Where the word `HERE` stands in a source.
fn here(source: &str) -> Place {
    Place::around(source, source.find("HERE").expect("it is marked"))
}

#[test]
fn a_function_in_a_module_is_free() {
    assert_eq!(here("async fn HERE() {}"), Place::Free);
    assert_eq!(here("mod a { fn b() {} async fn HERE() {} }"), Place::Free);
    assert_eq!(here("impl A { fn b() {} } async fn HERE() {}"), Place::Free);
    assert_eq!(here("trait A { fn b() { c(); } } async fn HERE() {}"), Place::Free);
}

#[test]
fn a_function_in_a_functions_body_is_free() {
    assert_eq!(here("fn outer() { async fn HERE() {} }"), Place::Free);
    assert_eq!(
        here("impl A { fn outer(&self) { let x = [0; 3]; async fn HERE() {} } }"),
        Place::Free
    );
}

#[test]
fn a_method_of_an_inherent_impl() {
    assert_eq!(here("impl A { async fn HERE() {} }"), Place::Inherent);
    assert_eq!(
        here("impl A { fn b() { { } } const C: u8 = 1; pub async fn HERE() {} }"),
        Place::Inherent
    );
    assert_eq!(here("impl<T: Fn(u8) -> u8> A<T> where for<'a> &'a T: B { HERE }"), Place::Inherent);
    assert_eq!(here("#[cfg(x)] impl A<[u8; 3]> { #[cached] async fn HERE() {} }"), Place::Inherent);
}

#[test]
fn a_method_of_a_trait_knows_its_name() {
    let named = |is_open| Place::Trait { name: Some("Load".to_owned()), is_open };
    assert_eq!(here("impl a::Load for Shop { async fn HERE() {} }"), named(false));
    assert_eq!(here("impl<T> Load<[T; 2]> for Shop<T> where T: Copy { HERE }"), named(false));
    assert_eq!(here("impl Load for [u8; 3] { HERE }"), named(false));
}

#[test]
fn a_method_of_many_types_knows_that_it_is() {
    let open = Place::Trait { name: Some("Load".to_owned()), is_open: true };
    assert_eq!(here("pub(crate) trait Load: Send { async fn HERE() {} }"), open);
    assert_eq!(here("impl<T: Copy> Load for T { HERE }"), open);
    assert_eq!(here("impl<'a, T> Load for &'a T { HERE }"), open);
    assert_eq!(here("impl<T> Load for (T, u8) { HERE }"), open);
}

#[test]
fn comments_and_literals_are_passed_over() {
    assert_eq!(here("impl A { /* } /* } */ */ // }\n async fn HERE() {} }"), Place::Inherent);
    assert_eq!(here(r##"impl A { const B: &str = "} \" }"; HERE }"##), Place::Inherent);
    assert_eq!(here(r###"impl A { const B: &str = r#"}" }"#; HERE }"###), Place::Inherent);
    assert_eq!(
        here(r##"impl A { const B: &[u8] = b"}"; const C: &[u8] = br"}"; HERE }"##),
        Place::Inherent
    );
    assert_eq!(
        here(r"impl A { const B: [char; 3] = ['}', '\'', '\u{7d}']; HERE }"),
        Place::Inherent
    );
    assert_eq!(
        here("impl<'a> A<'a> { fn b<'b>(&'b self) -> &'a str { self.c } HERE }"),
        Place::Inherent
    );
    assert_eq!(here("impl A { fn r#type() {} fn bar() {} HERE }"), Place::Inherent);
    assert_eq!(here("impl /* for */ A { HERE }"), Place::Inherent);
}

#[test]
fn a_text_that_never_ends_is_no_endless_loop() {
    for source in ["\"HERE", "r#\"HERE", "/* HERE", "'HERE", "'\\", "{ { HERE", "} } HERE"] {
        let offset = source.find("HERE").unwrap_or(source.len());
        let _ = Place::around(source, offset);
        let _ = text::header_around(source, source.len());
    }
}

#[test]
fn lines_and_columns_are_counted_from_one_and_in_characters() {
    let source = "ä\nöü HERE";
    assert_eq!(text::offset(source, 2, 4), source.find("HERE"));
    assert_eq!(text::offset(source, 1, 1), Some(0));
    for (line, column) in [(0, 1), (1, 0), (3, 1), (2, 9)] {
        assert_eq!(text::offset(source, line, column), None);
    }
}
