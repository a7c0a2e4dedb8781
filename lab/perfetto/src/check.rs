//! What a document must be, so that a viewer shows it.

use std::collections::BTreeMap;

use serde_json::Value;

/// What is wrong with a document: an event lacks a field that its phase needs, two slices
/// of a track overlap without one being inside the other, or a flow lacks an end or begins
/// after it.
pub fn problem(document: &Value) -> Option<String> {
    let events = document["traceEvents"].as_array()?;
    let mut slices: BTreeMap<u64, Vec<(f64, f64)>> = BTreeMap::new();
    let mut flows: BTreeMap<u64, (Option<f64>, Option<f64>)> = BTreeMap::new();
    for event in events {
        let needs: &[&str] = match event["ph"].as_str() {
            Some("M") => &["name", "pid", "tid", "args"],
            Some("X") => &["name", "cat", "pid", "tid", "ts", "dur", "args"],
            Some("s") => &["name", "cat", "id", "pid", "tid", "ts"],
            Some("f") => &["name", "cat", "id", "pid", "tid", "ts", "bp"],
            phase => return Some(format!("{phase:?} is no phase: {event}")),
        };
        if let Some(field) = needs.iter().find(|field| event[**field].is_null()) {
            return Some(format!("there is no `{field}`: {event}"));
        }
        let (ts, id) = (event["ts"].as_f64(), event["id"].as_u64().unwrap_or_default());
        match event["ph"].as_str() {
            Some("X") => {
                let (ts, dur) = (ts?, event["dur"].as_f64()?);
                slices.entry(event["tid"].as_u64()?).or_default().push((ts, ts + dur));
            }
            Some("s") => flows.entry(id).or_default().0 = ts,
            Some("f") => flows.entry(id).or_default().1 = ts,
            _ => {}
        }
    }
    for (track, slices) in &mut slices {
        // Of two that begin together, the longer is outside.
        slices.sort_by(|a, b| a.0.total_cmp(&b.0).then(b.1.total_cmp(&a.1)));
        let mut open: Vec<f64> = Vec::new();
        for &(begin, end) in slices.iter() {
            while open.last().is_some_and(|&outer| outer <= begin) {
                open.pop();
            }
            if open.last().is_some_and(|&outer| outer < end) {
                return Some(format!("the slice at {begin} of track {track} does not nest"));
            }
            open.push(end);
        }
    }
    flows.iter().find_map(|(id, ends)| match ends {
        (Some(begin), Some(end)) if begin <= end => None,
        _ => Some(format!("flow {id} goes from {:?} to {:?}", ends.0, ends.1)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn slice(ts: f64, dur: f64) -> Value {
        let mut slice = json!({"ph": "X", "name": "n", "cat": "c", "pid": 1, "tid": 1, "args": {}});
        slice["ts"] = json!(ts);
        slice["dur"] = json!(dur);
        slice
    }

    fn flow(phase: &str, ts: f64) -> Value {
        json!({"ph": phase, "id": 1, "name": "n", "cat": "c", "pid": 1, "tid": 1, "ts": ts, "bp": "e"})
    }

    fn of(events: &[Value]) -> Option<String> {
        problem(&json!({ "traceEvents": events }))
    }

    #[test]
    fn what_a_viewer_refuses_is_named() {
        assert_eq!(of(&[slice(1.0, 5.0), slice(2.0, 4.0), slice(2.0, 0.0), slice(6.0, 1.0)]), None);
        assert_eq!(
            of(&[slice(1.0, 5.0), slice(2.0, 5.0)]).unwrap(),
            "the slice at 2 of track 1 does not nest"
        );
        assert_eq!(of(&[flow("s", 1.0), flow("f", 1.0)]), None);
        assert_eq!(of(&[flow("s", 1.0)]).unwrap(), "flow 1 goes from Some(1.0) to None");
        assert!(of(&[flow("s", 2.0), flow("f", 1.0)]).is_some());
        assert!(of(&[json!({"ph": "X"})]).unwrap().starts_with("there is no `name`"));
        assert!(of(&[json!({"ph": "?"})]).is_some());
    }
}
