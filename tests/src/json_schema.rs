//! The part of JSON Schema (<https://json-schema.org>, draft 2020-12) that the schemas in
//! docs/schema use.
//!
//! The crates that know all of it took 50 to 80 s of processor time to compile, and gave
//! crates of the lab other features in tests, so that these were compiled twice. A keyword
//! that is not known here is an error, so no schema is checked in part.

use std::path::Path;

use serde_json::{Map, Value};

/// The schemas of a folder. One may refer to another by its file's name.
pub struct Schemas<'a> {
    pub folder: &'a Path,
}

/// A schema in its file, where `#/…` begins.
struct Place<'a> {
    file: &'a Value,
    schema: &'a Value,
}

impl Schemas<'_> {
    /// Checks a document against the schema in a file. The error says where the document
    /// is not what the schema says.
    pub fn check(&self, file: &str, document: &Value) -> Result<(), String> {
        let file = self.read(file)?;
        self.value(&Place { file: &file, schema: &file }, document, "")
    }

    fn read(&self, file: &str) -> Result<Value, String> {
        let path = self.folder.join(file);
        let failed = |error: String| format!("{}: {error}", path.display());
        let text = std::fs::read_to_string(&path).map_err(|error| failed(error.to_string()))?;
        serde_json::from_str(&text).map_err(|error| failed(error.to_string()))
    }

    fn value(&self, place: &Place<'_>, value: &Value, at: &str) -> Result<(), String> {
        let schema = place.schema.as_object().ok_or_else(|| format!("{at}: it is no schema"))?;
        for (keyword, wanted) in schema {
            let (found, refused) = match keyword.as_str() {
                "$schema" | "$defs" | "title" | "description" => continue,
                // These are checked with `properties`.
                "additionalProperties" | "required" => continue,
                "$ref" => {
                    self.referred(place, wanted, value, at)?;
                    continue;
                }
                "properties" | "items" | "anyOf" | "oneOf" => {
                    self.parts(place, keyword, value, at)?;
                    continue;
                }
                "const" => (value == wanted, "is not"),
                "enum" => (members(wanted).contains(value), "is none of"),
                "type" if wanted.is_string() => (is_a(value, wanted), "is no"),
                "type" => (members(wanted).iter().any(|one| is_a(value, one)), "is none of"),
                "minimum" => (value.as_f64() >= wanted.as_f64(), "is less than"),
                "maximum" => (value.as_f64() <= wanted.as_f64(), "is more than"),
                "minItems" => (members(value).len() as u64 >= number(wanted), "has less than"),
                "maxItems" => (members(value).len() as u64 <= number(wanted), "has more than"),
                unknown => return Err(format!("{at}: the keyword `{unknown}` is not known")),
            };
            if !found && applies(keyword, value) {
                return Err(format!("{at}: {value} {refused} {wanted}"));
            }
        }
        // An object whose members are only described together.
        match (schema.get("properties"), schema.get("additionalProperties"), value) {
            (None, Some(others), Value::Object(members)) => {
                self.others(place, others, members, |_| true, at)
            }
            _ => Ok(()),
        }
    }

    /// `#/$defs/NAME` in this file, or `FILE#/$defs/NAME`.
    fn referred(
        &self,
        place: &Place<'_>,
        reference: &Value,
        value: &Value,
        at: &str,
    ) -> Result<(), String> {
        let reference = reference.as_str().unwrap_or_default();
        let (file, pointer) = reference.split_once('#').unwrap_or((reference, ""));
        let other = if file.is_empty() { place.file.clone() } else { self.read(file)? };
        let schema = other.pointer(pointer).ok_or_else(|| format!("{at}: no `{reference}`"))?;
        self.value(&Place { file: &other, schema }, value, at)
    }

    fn parts(
        &self,
        place: &Place<'_>,
        keyword: &str,
        value: &Value,
        at: &str,
    ) -> Result<(), String> {
        let schema = &place.schema[keyword];
        let part =
            |schema, value, at: &str| self.value(&Place { file: place.file, schema }, value, at);
        match (keyword, value) {
            ("items", Value::Array(items)) => {
                let mut items = items.iter().enumerate();
                items.try_for_each(|(number, item)| part(schema, item, &format!("{at}/{number}")))
            }
            ("anyOf" | "oneOf", _) => {
                let results: Vec<_> =
                    members(schema).iter().map(|one| part(one, value, at)).collect();
                let fitting = results.iter().filter(|result| result.is_ok()).count();
                if fitting == 1 || (fitting > 1 && keyword == "anyOf") {
                    return Ok(());
                }
                let faults: Vec<String> = results.into_iter().filter_map(Result::err).collect();
                Err(format!("{at}: {fitting} of {keyword} fit:\n{}", faults.join("\n")))
            }
            ("properties", Value::Object(found)) => {
                for (name, schema) in schema.as_object().into_iter().flatten() {
                    let required =
                        members(&place.schema["required"]).contains(&name.as_str().into());
                    match found.get(name) {
                        Some(value) => part(schema, value, &format!("{at}/{name}"))?,
                        None if required => return Err(format!("{at}: `{name}` is missing")),
                        None => {}
                    }
                }
                let others = &place.schema["additionalProperties"];
                self.others(place, others, found, |name| schema.get(name).is_none(), at)
            }
            _ => Ok(()),
        }
    }

    /// The members of an object that `properties` does not name.
    fn others(
        &self,
        place: &Place<'_>,
        schema: &Value,
        found: &Map<String, Value>,
        is_other: impl Fn(&str) -> bool,
        at: &str,
    ) -> Result<(), String> {
        for (name, value) in found.iter().filter(|(name, _)| is_other(name)) {
            match schema {
                Value::Bool(false) => return Err(format!("{at}: `{name}` is too many")),
                schema => {
                    let at = format!("{at}/{name}");
                    self.value(&Place { file: place.file, schema }, value, &at)?;
                }
            }
        }
        Ok(())
    }
}

/// Whether a keyword says anything about a value: those about numbers and lists say nothing
/// about others.
fn applies(keyword: &str, value: &Value) -> bool {
    match keyword {
        "minimum" | "maximum" => value.is_number(),
        "minItems" | "maxItems" => value.is_array(),
        _ => true,
    }
}

fn members(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_default()
}

fn is_a(value: &Value, kind: &Value) -> bool {
    match kind.as_str() {
        Some("null") => value.is_null(),
        Some("boolean") => value.is_boolean(),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("number") => value.is_number(),
        Some("string") => value.is_string(),
        Some("array") => value.is_array(),
        Some("object") => value.is_object(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn faults_are_found_where_they_are() {
        let folder = tempfile::tempdir().unwrap();
        let schema = json!({
            "type": "object",
            "properties": {
                "version": {"const": 1},
                "what": {"enum": ["a", "b"]},
                "of": {"type": ["integer", "null"], "minimum": 0},
                "rows": {"type": "array", "maxItems": 2, "items": {"$ref": "#/$defs/row"}},
                "one": {"oneOf": [{"type": "string"}, {"type": "boolean"}]},
                "by": {"type": "object", "additionalProperties": {"$ref": "b.json#/$defs/name"}},
            },
            "required": ["version"],
            "additionalProperties": false,
            "$defs": {"row": {"type": "number"}},
        });
        std::fs::write(folder.path().join("a.json"), schema.to_string()).unwrap();
        let other = json!({"$defs": {"name": {"type": "string"}}});
        std::fs::write(folder.path().join("b.json"), other.to_string()).unwrap();
        let schemas = Schemas { folder: folder.path() };
        for (document, fault) in [
            (json!({"version": 1, "what": "b", "of": null, "rows": [1, 0.5], "one": true}), None),
            (json!({"version": 1, "by": {"x": "y"}}), None),
            (json!([]), Some(": [] is no \"object\"")),
            (json!({}), Some(": `version` is missing")),
            (json!({"version": 2}), Some("/version: 2 is not 1")),
            (json!({"version": 1, "more": 1}), Some(": `more` is too many")),
            (json!({"version": 1, "what": "c"}), Some("/what: \"c\" is none of [\"a\",\"b\"]")),
            (json!({"version": 1, "of": -1}), Some("/of: -1 is less than 0")),
            (json!({"version": 1, "of": 1.5}), Some("/of: 1.5 is none of [\"integer\",\"null\"]")),
            (json!({"version": 1, "rows": [1, "2"]}), Some("/rows/1: \"2\" is no \"number\"")),
            (json!({"version": 1, "rows": [1, 2, 3]}), Some("/rows: [1,2,3] has more than 2")),
            (json!({"version": 1, "one": 1}), Some("/one: 0 of oneOf fit:")),
            (json!({"version": 1, "by": {"x": 1}}), Some("/by/x: 1 is no \"string\"")),
        ] {
            let found = schemas.check("a.json", &document).err();
            let first = found.as_deref().and_then(|text| text.lines().next());
            assert_eq!(first, fault, "{document}");
        }
    }

    #[test]
    fn a_schema_is_known_whole_or_not_used() {
        let folder = tempfile::tempdir().unwrap();
        for (schema, fault) in [
            (json!({"pattern": "x"}), ": the keyword `pattern` is not known"),
            (json!({"$ref": "#/$defs/none"}), ": no `#/$defs/none`"),
        ] {
            std::fs::write(folder.path().join("a.json"), schema.to_string()).unwrap();
            let schemas = Schemas { folder: folder.path() };
            assert_eq!(schemas.check("a.json", &json!("x")), Err(fault.to_owned()));
        }
    }
}
