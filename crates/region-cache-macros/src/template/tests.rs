use syn::{LitStr, parse_quote};

use super::{Part, Template, head};

fn parse(text: &str) -> syn::Result<Template> {
    let literal: LitStr = parse_quote!(#text);
    Template::parse(&literal)
}

fn refusal(text: &str) -> String {
    parse(text).expect_err(text).to_string()
}

#[test]
fn text_and_values_in_turn() {
    let template = parse("users.{tenant}.{user.address.0}").expect("it is right");
    assert!(matches!(
        &template.parts[..],
        [Part::Text(_), Part::Value(_), Part::Text(_), Part::Value(_)]
    ));
    let heads: Vec<String> = template.values().filter_map(head).map(ToString::to_string).collect();
    assert_eq!(heads, ["tenant", "user"]);
}

#[test]
fn braces_must_match() {
    for text in ["{", "a{b", "}", "a}b", "{a}}", "{{a}}"] {
        assert!(refusal(text).contains("brace"), "{text}");
    }
    assert!(refusal("").contains("empty"));
}

#[test]
fn values_are_arguments_and_fields() {
    for text in ["{}", "{a b}", "{a()}", "{a.b()}", "{a + b}", "{a::b}", "{1}"] {
        assert!(refusal(text).contains("names no argument"), "{text}");
    }
}

#[test]
fn two_values_need_something_between_them_that_none_contains() {
    for text in ["{a}{b}", "{a}-{b}", "{a}_{b}"] {
        assert!(refusal(text).contains("could give the same name"), "{text}");
    }
    for text in ["{a}.{b}", "{a}:{b}", "a-{b}", "{a}-b"] {
        parse(text).expect(text);
    }
}

#[test]
fn a_path_has_no_empty_segments() {
    for text in ["users", "users.{a}", "{a}.x-{b}"] {
        parse(text).and_then(|template| template.check_path()).expect(text);
    }
    for text in ["users.", ".users", "a..b", "a:b", "a b", "users.{a}."] {
        parse(text).and_then(|template| template.check_path()).expect_err(text);
    }
}
