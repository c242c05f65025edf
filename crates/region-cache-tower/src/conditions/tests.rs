use super::*;

#[test]
fn lists_of_tags_are_read_as_they_are_written() {
    let read = |list: &'static str| {
        tags(list.as_bytes()).map(|tag| std::str::from_utf8(tag).unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(read(r#""a""#), [r#""a""#]);
    assert_eq!(read(r#" W/"a" ,, "b,c","d" "#), [r#"W/"a""#, r#""b,c""#, r#""d""#]);
    assert_eq!(read(r#""open"#), [""; 0]);
    assert_eq!(read("plain"), [""; 0]);
    assert_eq!(read(""), [""; 0]);
}
