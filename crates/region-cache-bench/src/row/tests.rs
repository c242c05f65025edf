use super::Row;

#[test]
fn a_row_has_the_size_that_the_goals_speak_of() {
    let bytes = rmp_serde::to_vec_named(&Row::sample()).unwrap();
    assert_eq!(bytes.len(), 297);
    assert_eq!(rmp_serde::from_slice::<Row>(&bytes).unwrap(), Row::sample());
}
