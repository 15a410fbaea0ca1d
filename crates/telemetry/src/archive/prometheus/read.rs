//! Reads raw samples, in windows that grow and shrink so that every answer is of bounded size. Aggregates are made of
//! these too: no function of PromQL counts resets and areas as Lares does.

use std::collections::HashSet;

use super::answer;
use super::client::{Answered, Client};
use crate::TelemetryError;
use crate::aggregate::Aggregate;
use crate::archive::{Slice, Version};
use crate::resolve;

const FIRST_WINDOW_MS: i64 = 3_600_000;
/// Answers of about so many samples are neither many nor large.
const FEW: usize = 2_000;
const MANY: usize = 50_000;

/// Hands the samples of a span, and what is `spooled` of it, to `take`, window after window, until it wants no more.
fn each_window(
    client: &Client,
    selector: &str,
    slice: Slice,
    spooled: &[Version],
    mut take: impl FnMut(Vec<Version>) -> bool,
) -> Result<(), TelemetryError> {
    let Slice { mut from, mut until, descending, .. } = slice;
    let mut width = FIRST_WINDOW_MS;
    let is_spooled: HashSet<i64> = spooled.iter().map(|version| version.time).collect();
    while from < until {
        let (first, end) = match descending {
            true => (from.max(until - width), until),
            false => (from, until.min(from + width)),
        };
        // The window of PromQL leaves its beginning out and has its end in; before version 3 Prometheus had both in.
        // Some engines count in seconds with a fraction, and lose a millisecond to rounding: one more is asked for.
        let body = match client.query(&format!("{selector}[{}ms]", end - first + 1), end - 1)? {
            Answered::Body(body) => body,
            Answered::TooLarge if end - first > 1 => {
                width = ((end - first) / 4).max(1);
                continue;
            }
            Answered::TooLarge => {
                return Err(TelemetryError::Other(format!("too many readings at {first}")));
            }
        };
        let mut versions: Vec<Version> =
            answer::raw(&body)?.iter().flat_map(answer::Found::versions).collect();
        // What is spooled came later or is the same.
        versions.retain(|version| !is_spooled.contains(&version.time));
        versions.extend_from_slice(spooled);
        versions.retain(|version| (first..end).contains(&version.time));
        versions.sort_by_key(|version| version.time);
        match descending {
            true => until = first,
            false => from = end,
        }
        width = match versions.len() {
            ..FEW => width.saturating_mul(4).min(i64::MAX / 8),
            MANY.. => (width / 2).max(1),
            _ => width,
        };
        if take(versions) {
            return Ok(());
        }
    }
    Ok(())
}

pub fn versions(
    client: &Client,
    selector: &str,
    slice: Slice,
    spooled: &[Version],
) -> Result<Vec<Version>, TelemetryError> {
    let mut windows = Vec::new();
    let mut instants = 0;
    each_window(client, selector, slice, spooled, |versions| {
        instants += versions.chunk_by(|a, b| a.time == b.time).count();
        windows.push(versions);
        instants >= slice.instants
    })?;
    if slice.descending {
        windows.reverse();
    }
    let mut all = windows.concat();
    if slice.descending {
        all.reverse();
    }
    Ok(all)
}

/// `slice`: the part of the span between the edges where there is anything, ascending.
pub fn aggregates(
    client: &Client,
    selector: &str,
    slice: Slice,
    spooled: &[Version],
    edges: &[i64],
) -> Result<Vec<Option<Aggregate>>, TelemetryError> {
    let mut buckets: Vec<Option<Aggregate>> = vec![None; edges.len().saturating_sub(1)];
    each_window(client, selector, slice, spooled, |versions| {
        let versions = resolve::newest(versions, None);
        let (Some(first), Some(last)) = (versions.first(), versions.last()) else { return false };
        // Only the buckets that the window touches.
        let start = edges.partition_point(|edge| *edge <= first.time).saturating_sub(1);
        let end = edges.partition_point(|edge| *edge <= last.time).min(buckets.len());
        let later = resolve::fold(&versions, &edges[start..=end]);
        for (bucket, later) in buckets[start..end].iter_mut().zip(later) {
            match (bucket.as_mut(), later) {
                (Some(bucket), Some(later)) => bucket.followed_by(&later),
                (None, later) => *bucket = later,
                (_, None) => {}
            }
        }
        false
    })?;
    Ok(buckets)
}
