//! Fields of one JSON object, with refusals that name the field and what stands in it.

use super::error::{LEAVE_OUT, Problem, clip};
use serde_json::{Map, Value};

/// Parses a line that must be one JSON object.
pub(crate) fn parse_object(line: &str) -> Result<Map<String, Value>, Problem> {
    match serde_json::from_str(line) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(other) => Err(Problem::new(format!("the line is {}, not a JSON object", kind(&other)), LEAVE_OUT)),
        Err(error) => Err(not_json(line, &error)),
    }
}

fn not_json(line: &str, error: &serde_json::Error) -> Problem {
    if ["NaN", "Infinity"].iter().any(|word| line.contains(word)) {
        return Problem::new("a value is NaN or Infinity, which JSON has not", "Write a number instead.");
    }
    // serde_json counts lines within what it was given: always 1 here, and misleading.
    let message = error.to_string();
    let message = message.split(" at line ").next().unwrap_or_default();
    Problem::new(format!("not JSON at character {}: {message}", error.column()), LEAVE_OUT)
}

/// Finds the first of several fields that is there and not null.
pub(crate) fn field<'a>(object: &'a Map<String, Value>, names: &[&str]) -> Option<&'a Value> {
    names.iter().find_map(|&name| object.get(name).filter(|value| !value.is_null()))
}

/// Reads an optional text field.
pub(crate) fn text<'a>(object: &'a Map<String, Value>, names: &[&str]) -> Result<Option<&'a str>, Problem> {
    match field(object, names) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(other) => Err(wrong_kind(names, other, "a text")),
    }
}

/// Reads an optional text field that must not be blank.
pub(super) fn filled_text<'a>(
    object: &'a Map<String, Value>,
    names: &[&str],
) -> Result<Option<&'a str>, Problem> {
    match text(object, names)? {
        Some(text) if text.trim().is_empty() => Err(empty(names)),
        found => Ok(found),
    }
}

fn empty(names: &[&str]) -> Problem {
    Problem::new(format!("field '{}' is empty", name(names)), LEAVE_OUT)
}

/// Reads a number out of a value that stands for `what`.
pub(super) fn finite(value: &Value, what: &str) -> Result<f64, Problem> {
    value.as_f64().filter(|number| number.is_finite()).ok_or_else(|| {
        let reason = format!("{what} {} is {}, not a number", clip(&value.to_string()), kind(value));
        Problem::new(reason, LEAVE_OUT)
    })
}

/// Reads an optional id; a whole number counts as the text of it.
pub(crate) fn id(object: &Map<String, Value>, names: &[&str]) -> Result<Option<String>, Problem> {
    field(object, names).map(|value| id_of(value, names)).transpose()
}

/// Reads an id out of a value that stands for the field `names`.
pub(crate) fn id_of(value: &Value, names: &[&str]) -> Result<String, Problem> {
    match value {
        Value::String(id) if id.trim().is_empty() => Err(empty(names)),
        Value::String(id) => Ok(id.clone()),
        Value::Number(number) if number.is_i64() || number.is_u64() => Ok(number.to_string()),
        other => Err(wrong_kind(names, other, "a text or a whole number")),
    }
}

/// Reads an optional list.
pub(crate) fn list<'a>(object: &'a Map<String, Value>, field_name: &str) -> Result<&'a [Value], Problem> {
    match field(object, &[field_name]) {
        None => Ok(&[]),
        Some(Value::Array(items)) => Ok(items),
        Some(other) => Err(wrong_kind(&[field_name], other, "a list")),
    }
}

/// The refusal for a field that must be there.
pub(crate) fn missing(names: &[&str]) -> Problem {
    Problem::new(format!("field '{}' is missing", name(names)), LEAVE_OUT)
}

fn wrong_kind(names: &[&str], found: &Value, wanted: &str) -> Problem {
    let shown = clip(&found.to_string());
    Problem::new(format!("field '{}' is {} ({shown}), not {wanted}", name(names), kind(found)), LEAVE_OUT)
}

fn name<'a>(names: &[&'a str]) -> &'a str {
    names.first().copied().unwrap_or_default()
}

/// Names the kind of a JSON value.
pub(crate) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    fn reason<T: std::fmt::Debug>(result: Result<T, Problem>) -> String {
        result.unwrap_err().reason
    }

    #[test]
    fn a_line_that_is_no_object_is_refused() {
        assert_eq!(reason(parse_object("[1]")), "the line is a list, not a JSON object");
        assert_eq!(
            reason(parse_object(r#"{"a": "b"#)),
            "not JSON at character 8: EOF while parsing a string"
        );
        let nan = reason(parse_object(r#"{"score": NaN}"#));
        assert_eq!(nan, "a value is NaN or Infinity, which JSON has not");
    }

    #[test]
    fn ids_are_texts_or_whole_numbers() {
        let object = parse_object(r#"{"a": 7, "b": "x", "c": 1.5, "d": " ", "e": null, "f": true}"#).unwrap();
        assert_eq!(id(&object, &["a"]).unwrap(), Some("7".to_owned()));
        assert_eq!(id(&object, &["_id", "e", "b"]).unwrap(), Some("x".to_owned()));
        assert_eq!(id(&object, &["e"]).unwrap(), None);
        let expected = "field 'c' is a number (1.5), not a text or a whole number";
        assert_eq!(reason(id(&object, &["c"])), expected);
        assert_eq!(reason(id(&object, &["d"])), "field 'd' is empty");
        assert_eq!(reason(text(&object, &["f"])), "field 'f' is true or false (true), not a text");
        assert_eq!(reason(list(&object, "b")), "field 'b' is a text (\"x\"), not a list");
    }
}
