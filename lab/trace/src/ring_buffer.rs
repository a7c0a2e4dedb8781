//! Turns pages of the kernel's ring buffer into events with absolute times and raw
//! payloads.
//!
//! The layout comes from `kernel/trace/ring_buffer.c` and `include/linux/ring_buffer.h`,
//! Linux 6.12, on a 64-bit little-endian machine. A page:
//!
//! ```text
//!   0  u64  time of the page, ns
//!   8  u64  commit: length of the data, and the MISSED flags; below 2³²
//!  16  events, one after the other
//! ```
//!
//! An event starts with a u32: five bits of `type_len`, then 27 bits of time since the
//! previous event, ns.
//!
//! For the meaning of payloads see [`super::format`].

use super::TraceError;

/// The length of a page, bytes.
pub const PAGE_LEN: usize = 4096;
/// Where the events of a page start, bytes.
pub const PAGE_HEADER_LEN: usize = 16;

/// In `commit`: events were lost between the previous page and this one.
const MISSED_EVENTS: u32 = 1 << 31;
/// In `commit`: the number of lost events follows the page's data as a u64.
const MISSED_STORED: u32 = 1 << 30;

/// `type_len` of an event whose payload does not matter.
const PADDING: u32 = 29;
/// `type_len` of an event that extends the next delta beyond 27 bits.
const TIME_EXTEND: u32 = 30;
/// `type_len` of an absolute time.
const TIME_STAMP: u32 = 31;
/// The width of an event's own delta, bits.
const DELTA_BITS: u32 = 27;
/// The bits that a 59-bit absolute time cannot hold.
const STAMP_MISSING_BITS: u64 = 0x1f << 59;

/// An event in the ring buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RawEvent<'a> {
    /// Time on the trace's clock, ns.
    pub time_ns: u64,
    /// The payload, including up to three bytes of padding at the end.
    pub payload: &'a [u8],
}

/// The contents of the pages.
#[derive(Debug, PartialEq, Eq)]
pub struct Pages<'a> {
    /// In buffer order, which is the order of reservation.
    pub events: Vec<RawEvent<'a>>,
    /// The number of events that the kernel reports as missing between pages. A gap of
    /// unknown size counts as at least one.
    pub missed: u64,
}

/// Reads concatenated pages in the form that `trace_pipe_raw` gives them.
///
/// # Errors
/// [`TraceError::Page`] if a page is incomplete or an event does not fit into its page.
pub fn read(bytes: &[u8]) -> Result<Pages<'_>, TraceError> {
    let mut pages = Pages { events: Vec::new(), missed: 0 };
    for (index, page) in bytes.chunks(PAGE_LEN).enumerate() {
        read_page(page, &mut pages).map_err(|reason| TraceError::Page { index, reason })?;
    }
    Ok(pages)
}

/// Turns pages as they are in memory into what `trace_pipe_raw` would have given: the
/// pages that are not empty, the oldest first. Also says whether there was room for more:
/// an empty page in addition to the reader's.
pub fn in_order(bytes: &[u8]) -> (Vec<u8>, bool) {
    let pages = bytes.chunks(PAGE_LEN);
    let (mut used, empty): (Vec<&[u8]>, Vec<&[u8]>) =
        pages.partition(|page| u32_at(page, 8).is_some_and(|commit| commit != 0));
    used.sort_by_key(|page| u64_at(page, 0));
    (used.concat(), empty.len() > 1)
}

fn read_page<'a>(page: &'a [u8], pages: &mut Pages<'a>) -> Result<(), &'static str> {
    if page.len() != PAGE_LEN {
        return Err("it is cut off");
    }
    let mut time_ns = u64_at(page, 0).ok_or("it is cut off")?;
    let commit = u32_at(page, 8).ok_or("it is cut off")?;
    let end = PAGE_HEADER_LEN + (commit & !(MISSED_EVENTS | MISSED_STORED)) as usize;
    if commit & MISSED_EVENTS != 0 {
        let count = if commit & MISSED_STORED != 0 { u64_at(page, end) } else { None };
        pages.missed = pages.missed.saturating_add(count.unwrap_or(1).max(1));
    }
    let mut rest = page.get(PAGE_HEADER_LEN..end).ok_or("its data is longer than a page")?;
    while !rest.is_empty() {
        let header = u32_at(rest, 0).ok_or(PAST_END)?;
        let (type_len, delta) = (header & 0x1f, u64::from(header >> 5));
        let len = match type_len {
            // Nothing follows on this page.
            PADDING if delta == 0 => break,
            // A discarded event. A delta of 1 means no delta.
            PADDING => {
                time_ns = time_ns.wrapping_add(if delta == 1 { 0 } else { delta });
                4 + u32_at(rest, 4).ok_or(PAST_END)? as usize
            }
            TIME_EXTEND => {
                let delta = delta | u64::from(u32_at(rest, 4).ok_or(PAST_END)?) << DELTA_BITS;
                time_ns = time_ns.wrapping_add(delta);
                8
            }
            TIME_STAMP => {
                let stamp = delta | u64::from(u32_at(rest, 4).ok_or(PAST_END)?) << DELTA_BITS;
                time_ns = complete(stamp, time_ns);
                8
            }
            // A payload too long for `type_len`. Its length, including this word, comes
            // first.
            0 => {
                time_ns = time_ns.wrapping_add(delta);
                let len = 4 + u32_at(rest, 4).ok_or(PAST_END)? as usize;
                let payload = rest.get(8..len).ok_or(PAST_END)?;
                pages.events.push(RawEvent { time_ns, payload });
                len
            }
            words => {
                time_ns = time_ns.wrapping_add(delta);
                let len = 4 + 4 * words as usize;
                let payload = rest.get(4..len).ok_or(PAST_END)?;
                pages.events.push(RawEvent { time_ns, payload });
                len
            }
        };
        rest = rest.get(len..).ok_or(PAST_END)?;
    }
    Ok(())
}

/// Completes an absolute time with the bits that it cannot hold, taken from the previous
/// event (`rb_fix_abs_ts`).
fn complete(stamp: u64, before: u64) -> u64 {
    let high = before & STAMP_MISSING_BITS;
    let time = stamp | high;
    if high != 0 && time < before { time.wrapping_add(1 << 59) } else { time }
}

const PAST_END: &str = "an event runs past its end";

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let word = bytes.get(at..)?.first_chunk()?;
    Some(u32::from_le_bytes(*word))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    let word = bytes.get(at..)?.first_chunk()?;
    Some(u64::from_le_bytes(*word))
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: u64 = 1_000_000;

    /// A page that starts at [`START`] and holds these words.
    fn page(flags: u32, words: &[u32]) -> Vec<u8> {
        page_at(START, flags, words)
    }

    fn page_at(start: u64, flags: u32, words: &[u32]) -> Vec<u8> {
        let mut page = Vec::new();
        page.extend(start.to_le_bytes());
        page.extend((words.len() as u64 * 4 + u64::from(flags)).to_le_bytes());
        page.extend(words.iter().flat_map(|word| word.to_le_bytes()));
        page.resize(PAGE_LEN, 0);
        page
    }

    fn header(type_len: u32, delta: u32) -> u32 {
        type_len | delta << 5
    }

    /// The events' times (ns since [`START`]) and payload lengths.
    fn events(bytes: &[u8]) -> Vec<(u64, usize)> {
        let pages = read(bytes).unwrap();
        assert_eq!(pages.missed, 0);
        pages.events.iter().map(|e| (e.time_ns - START, e.payload.len())).collect()
    }

    #[test]
    fn deltas_add_up() {
        let bytes = page(0, &[header(1, 0), 0xa, header(2, 5), 0xb, 0xc, header(1, 7), 0xd]);
        assert_eq!(events(&bytes), [(0, 4), (5, 8), (12, 4)]);
        let pages = read(&bytes).unwrap();
        assert_eq!(pages.events[1].payload, [0xb, 0, 0, 0, 0xc, 0, 0, 0]);
    }

    #[test]
    fn a_page_starts_anew() {
        let mut bytes = page(0, &[header(1, 50), 0]);
        bytes.extend(page_at(START + 60, 0, &[header(1, 1), 0]));
        assert_eq!(events(&bytes), [(50, 4), (61, 4)]);
    }

    #[test]
    fn long_payload_brings_its_length() {
        let mut words = vec![header(0, 3), 4 * 41];
        words.extend([0; 40]);
        words.extend([header(1, 1), 0]);
        assert_eq!(events(&page(0, &words)), [(3, 160), (4, 4)]);
    }

    #[test]
    fn time_extend_is_the_high_part_of_a_delta() {
        let bytes = page(0, &[header(TIME_EXTEND, 9), 2, header(1, 1), 0]);
        assert_eq!(events(&bytes), [((2 << DELTA_BITS) + 9 + 1, 4)]);
    }

    #[test]
    fn absolute_time_replaces_what_came_before() {
        let bytes = page(0, &[header(1, 99), 0, header(TIME_STAMP, 5), 1, header(1, 2), 0]);
        let times: Vec<u64> = read(&bytes).unwrap().events.iter().map(|e| e.time_ns).collect();
        assert_eq!(times, [START + 99, (1 << DELTA_BITS) + 7]);
    }

    #[test]
    fn absolute_time_takes_its_high_bits_from_the_event_before() {
        assert_eq!(complete(8, 5), 8);
        assert_eq!(complete(8, (3 << 59) + 5), (3 << 59) + 8);
        // The low bits wrapped around between the two.
        assert_eq!(complete(2, (3 << 59) + 5), (4 << 59) + 2);
    }

    #[test]
    fn discarded_events_leave_their_time() {
        let discarded = [header(PADDING, 6), 8, 0xdead, header(1, 1), 0];
        assert_eq!(events(&page(0, &discarded)), [(7, 4)]);
        let without_time = [header(PADDING, 1), 8, 0xdead, header(1, 1), 0];
        assert_eq!(events(&page(0, &without_time)), [(1, 4)]);
    }

    #[test]
    fn null_padding_ends_the_page() {
        let bytes = page(0, &[header(1, 1), 0, header(PADDING, 0), 0xdead_beef]);
        assert_eq!(events(&bytes), [(1, 4)]);
    }

    #[test]
    fn pages_in_memory_are_put_in_order() {
        let used = |start| page_at(start, 0, &[header(1, 0), 0]);
        let (first, second, empty) = (used(START), used(START + 9), page_at(START + 5, 0, &[]));
        let room = [&second[..], &empty, &empty, &first].concat();
        assert_eq!(in_order(&room), ([&first[..], &second].concat(), true));
        assert_eq!(in_order(&room[..2 * PAGE_LEN]), (second, false));
        assert_eq!(in_order(&[]), (Vec::new(), false));
    }

    #[test]
    fn missed_events_are_counted() {
        let mut bytes = page(MISSED_EVENTS | MISSED_STORED, &[header(1, 0), 0]);
        bytes[PAGE_HEADER_LEN + 8..][..8].copy_from_slice(&17_u64.to_le_bytes());
        bytes.extend(page(MISSED_EVENTS, &[header(1, 0), 0]));
        let pages = read(&bytes).unwrap();
        assert_eq!((pages.missed, pages.events.len()), (18, 2));
    }

    #[test]
    fn broken_pages_are_refused() {
        let message = |bytes: &[u8]| read(bytes).unwrap_err().to_string();
        let whole = page(0, &[header(1, 0), 0]);
        assert_eq!(message(&whole[..100]), "failed to read page 0 of the trace: it is cut off");
        let past = [whole.clone(), page(0, &[header(3, 0), 0])].concat();
        assert_eq!(
            message(&past),
            "failed to read page 1 of the trace: an event runs past its end"
        );
        assert_eq!(
            message(&page(0x1_0000, &[])),
            "failed to read page 0 of the trace: its data is longer than a page"
        );
    }
}
