//! An event's `format` file: where each field is in the payload.
//!
//! The kernel describes its own events in these files (Documentation/trace/events.rst),
//! so the only layout written down here is that of the common fields.

use super::TraceError;
use super::value::{Fields, Value};

/// The layout of one kind of event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Format {
    /// The event's name without its system: `signal_generate`.
    pub name: String,
    /// The value in `common_type`.
    pub id: u16,
    /// All fields except the common ones.
    pub fields: Vec<Field>,
}

/// Where one field is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// The kernel's name for the field.
    pub name: String,
    /// Offset from the start of the payload, bytes.
    pub offset: usize,
    /// Length in bytes, or 0 if the field extends to the end of the payload.
    pub size: usize,
    shape: Shape,
}

/// The longest name that a field may have, bytes. Every kernel name is shorter. The limit
/// bounds memory, because each event has a copy of the name.
const LONGEST: usize = 64;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Integer {
        signed: bool,
    },
    Text,
    /// A `__data_loc`: the field holds the offset and length of the actual value.
    DynamicText,
    DynamicBytes,
    /// An array of integers of this size, bytes.
    List {
        element: usize,
    },
}

impl Format {
    /// Parses a `format` file. `event` names it in errors: `signal/signal_generate`.
    ///
    /// # Errors
    /// [`TraceError::Format`] if a line is malformed or a field begins before the end of
    /// the previous one. So all fields together are never longer than the payload.
    pub fn parse(event: &str, text: &str) -> Result<Format, TraceError> {
        let failed = |line: &str| TraceError::Format {
            event: event.to_owned(),
            line: line.trim().to_owned(),
        };
        let (mut name, mut id, mut fields) = (None, None, Vec::new());
        let mut end = 0;
        for line in text.lines() {
            if let Some(rest) = line.strip_prefix("name: ") {
                name = Some(rest.to_owned());
            } else if let Some(rest) = line.strip_prefix("ID: ") {
                id = Some(rest.parse().map_err(|_| failed(line))?);
            } else if line.starts_with("print fmt:") {
                break;
            } else if line.trim_start().starts_with("field:") {
                let field = Field::parse(line.trim())
                    .filter(|field| field.offset >= end && field.name.len() <= LONGEST)
                    .ok_or_else(|| failed(line))?;
                end = field.end().ok_or_else(|| failed(line))?;
                if !field.name.starts_with("common_") {
                    fields.push(field);
                }
            }
        }
        let name = name.ok_or_else(|| failed("name:"))?;
        let id = id.ok_or_else(|| failed("ID:"))?;
        Ok(Format { name, id, fields })
    }

    /// Decodes the fields of a payload.
    ///
    /// # Errors
    /// [`TraceError::Payload`] if the payload is too short for a field or for all the
    /// data that the fields point to.
    pub fn decode(&self, payload: &[u8]) -> Result<Fields, TraceError> {
        // The kernel's fields never share the bytes that they point to.
        let mut left = payload.len();
        let decode = |field: &Field| {
            let value = field.decode(payload, &mut left).ok_or_else(|| TraceError::Payload {
                event: self.name.clone(),
                field: field.name.clone(),
            })?;
            Ok((field.name.clone(), value))
        };
        self.fields.iter().map(decode).collect()
    }

    /// The field with this name.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }
}

impl Field {
    /// Parses `field:char comm[16];\toffset:20;\tsize:16;\tsigned:0;`.
    fn parse(line: &str) -> Option<Field> {
        let (mut declaration, mut offset, mut size, mut signed) = (None, None, None, false);
        for part in line.split(';') {
            match part.trim().split_once(':') {
                Some(("field", text)) => declaration = Some(text),
                Some(("offset", text)) => offset = Some(text.parse().ok()?),
                Some(("size", text)) => size = Some(text.parse().ok()?),
                Some(("signed", text)) => signed = text == "1",
                _ => {}
            }
        }
        let (declaration, offset, size) = (declaration?, offset?, size?);
        let (kind, declarator) = declaration.rsplit_once([' ', '*'])?;
        let (name, length) = match declarator.split_once('[') {
            Some((name, length)) => (name, Some(length.strip_suffix(']')?)),
            None => (declarator, None),
        };
        let shape = match length {
            _ if kind == "__data_loc char[]" => Shape::DynamicText,
            _ if kind.starts_with("__data_loc") => Shape::DynamicBytes,
            Some(_) if kind == "char" => Shape::Text,
            // Extends to the end of the event, as in `ftrace/bprint`.
            Some("") if kind == "u32" => Shape::List { element: 4 },
            // A length may also be the name of a constant, but not in any event that the
            // lab records.
            Some(length) => {
                let element = usize::checked_div(size, length.parse().ok()?)?;
                matches!(element, 1 | 2 | 4 | 8).then_some(Shape::List { element })?
            }
            None => Shape::Integer { signed },
        };
        Some(Field { name: name.to_owned(), offset, size, shape })
    }

    /// The earliest place where the next field may begin.
    fn end(&self) -> Option<usize> {
        match self.size {
            0 => Some(usize::MAX),
            size => self.offset.checked_add(size),
        }
    }

    /// `left`: how many bytes of the payload no field has claimed yet.
    fn decode(&self, payload: &[u8], left: &mut usize) -> Option<Value> {
        let end = if self.size == 0 { payload.len() } else { self.end()? };
        let bytes = payload.get(self.offset..end)?;
        Some(match self.shape {
            Shape::Integer { signed: false } if self.size == 8 => Value::Uint(unsigned(bytes)),
            Shape::Integer { signed } => {
                let bits =
                    64 - 8 * u32::try_from(bytes.len()).ok().filter(|n| (1..=8).contains(n))?;
                let left = unsigned(bytes) << bits;
                // Shifting a signed number right extends its sign.
                let n = if signed { left.cast_signed() >> bits } else { (left >> bits) as i64 };
                Value::Int(n)
            }
            Shape::Text => Value::Text(text(bytes)),
            Shape::DynamicText => Value::Text(text(located(payload, bytes, left)?)),
            Shape::DynamicBytes => {
                let bytes = located(payload, bytes, left)?;
                Value::List(bytes.iter().map(|byte| u64::from(*byte)).collect())
            }
            Shape::List { element } => {
                Value::List(bytes.chunks_exact(element).map(unsigned).collect())
            }
        })
    }
}

/// The bytes that a `__data_loc` points to. Its low half is the offset in the payload,
/// its high half the length.
fn located<'a>(payload: &'a [u8], field: &[u8], left: &mut usize) -> Option<&'a [u8]> {
    // It is a u32, whatever size the format gives.
    let location = unsigned(field.first_chunk::<4>()?) as usize;
    let (offset, len) = (location & 0xffff, location >> 16);
    *left = left.checked_sub(len)?;
    payload.get(offset..offset + len)
}

/// A little-endian integer of up to eight bytes.
fn unsigned(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |n, byte| n << 8 | u64::from(*byte))
}

/// The text up to the first NUL.
fn text(bytes: &[u8]) -> String {
    let bytes = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "name: sample
ID: 513
format:
\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;
\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;

\tfield:int code;\toffset:8;\tsize:4;\tsigned:1;
\tfield:unsigned int mask;\toffset:12;\tsize:4;\tsigned:0;
\tfield:char comm[4];\toffset:16;\tsize:4;\tsigned:0;
\tfield:__data_loc char[] name;\toffset:20;\tsize:4;\tsigned:0;
\tfield:void * address;\toffset:24;\tsize:8;\tsigned:0;
\tfield:unsigned short pair[2];\toffset:32;\tsize:4;\tsigned:0;
\tfield:__data_loc u8[] blob;\toffset:36;\tsize:4;\tsigned:0;
\tfield:char rest[];\toffset:40;\tsize:0;\tsigned:0;

print fmt: \"field:%d\", REC->code
";

    fn sample() -> Vec<u8> {
        let mut payload = vec![0; 8];
        payload.extend((-6_i32).to_le_bytes());
        payload.extend(u32::MAX.to_le_bytes());
        payload.extend(b"cat\0");
        payload.extend((40_u32 | 3 << 16).to_le_bytes());
        payload.extend(0xffff_ffff_8100_0000_u64.to_le_bytes());
        payload.extend([1, 0, 2, 0]);
        payload.extend((41_u32 | 2 << 16).to_le_bytes());
        payload.extend(b"edu\0");
        payload
    }

    #[test]
    fn every_shape_is_read() {
        let format = Format::parse("lab/sample", TEXT).unwrap();
        assert_eq!((format.name.as_str(), format.id), ("sample", 513));
        let fields = format.decode(&sample()).unwrap();
        let expected = [
            ("address", Value::Uint(0xffff_ffff_8100_0000)),
            ("blob", Value::List(vec![u64::from(b'd'), u64::from(b'u')])),
            ("code", Value::Int(-6)),
            ("comm", Value::Text("cat".into())),
            ("mask", Value::Int(0xffff_ffff)),
            ("name", Value::Text("edu".into())),
            ("pair", Value::List(vec![1, 2])),
            ("rest", Value::Text("edu".into())),
        ];
        assert_eq!(fields, expected.map(|(name, value)| (name.to_owned(), value)).into());
    }

    #[test]
    fn short_payloads_are_refused() {
        let format = Format::parse("lab/sample", TEXT).unwrap();
        let error = format.decode(&sample()[..18]).unwrap_err();
        assert_eq!(error.to_string(), "failed to read `comm` of a `sample` event: it is cut off");
    }

    #[test]
    fn broken_formats_are_refused() {
        let message = |text: &str| Format::parse("lab/x", text).unwrap_err().to_string();
        assert_eq!(message("ID: 1\n"), "failed to parse the format of `lab/x`: `name:`");
        assert_eq!(
            message("name: x\nID: one\n"),
            "failed to parse the format of `lab/x`: `ID: one`"
        );
        assert_eq!(
            message("name: x\nID: 1\n\tfield:int a;\tsize:4;\n"),
            "failed to parse the format of `lab/x`: `field:int a;\tsize:4;`"
        );
    }

    #[test]
    fn a_list_without_a_length_goes_to_the_end() {
        let field = Field::parse("field:u32 buf[];\toffset:4;\tsize:0;\tsigned:0;").unwrap();
        let payload = [9, 9, 9, 9, 1, 0, 0, 0, 2, 1, 0, 0];
        assert_eq!(field.decode(&payload, &mut 0), Some(Value::List(vec![1, 0x102])));
    }

    #[test]
    fn an_event_has_no_more_in_its_fields_than_in_its_payload() {
        let format = |fields: &str| Format::parse("lab/x", &format!("name: x\nID: 1\n{fields}"));
        let twice = "\tfield:int a;\toffset:8;\tsize:4;\n\tfield:int b;\toffset:8;\tsize:4;\n";
        assert_eq!(
            format(twice).unwrap_err().to_string(),
            "failed to parse the format of `lab/x`: `field:int b;\toffset:8;\tsize:4;`"
        );
        let located = "\tfield:__data_loc u8[] a;\toffset:8;\tsize:4;\n\
                       \tfield:__data_loc u8[] b;\toffset:12;\tsize:4;\n";
        let all = (16_u32 << 16).to_le_bytes();
        let payload = [&[0; 8][..], &all, &all].concat();
        assert_eq!(
            format(located).unwrap().decode(&payload).unwrap_err().to_string(),
            "failed to read `b` of a `x` event: it is cut off"
        );
    }
}
