//! Which of the versions of an instant counts: the last by the server's time, or the last by a time that is asked
//! for; of equal times the one that comes later in the list. Versions in a row that say the same are one reading,
//! known since the first of them.

use crate::aggregate::Aggregate;
use crate::archive::Version;
use crate::codec::column::same_bits;
use crate::shape::qualities;

/// One version per instant, in the order of time.
pub fn newest(mut versions: Vec<Version>, known_at: Option<i64>) -> Vec<Version> {
    if let Some(known_at) = known_at {
        versions.retain(|version| version.received <= known_at);
    }
    if versions.is_sorted_by(|before, after| before.time < after.time) {
        return versions;
    }
    versions.sort_by_key(|version| (version.time, version.received));
    let mut kept: Vec<Version> = Vec::with_capacity(versions.len());
    for version in versions {
        match kept.last_mut() {
            Some(last) if last.time == version.time => {
                if !same_bits(&last.value, &version.value) {
                    *last = version;
                }
            }
            _ => kept.push(version),
        }
    }
    kept
}

/// What versions, one per instant and in order, come to between each edge and the next.
pub fn fold(versions: &[Version], edges: &[i64]) -> Vec<Option<Aggregate>> {
    let mut at = versions.partition_point(|version| edges.first().is_some_and(|edge| version.time < *edge));
    let mut buckets = Vec::with_capacity(edges.len().saturating_sub(1));
    for until in edges.iter().skip(1) {
        let mut sum: Option<Aggregate> = None;
        while let Some(version) = versions.get(at).filter(|version| version.time < *until) {
            let one = Aggregate::of(version.time, version.value.clone(), qualities(version.flags));
            match &mut sum {
                Some(sum) => sum.followed_by(&one),
                None => sum = Some(one),
            }
            at += 1;
        }
        buckets.push(sum);
    }
    buckets
}

#[cfg(test)]
mod tests {
    use lares_model::Value;

    use super::*;

    fn version(time: i64, received: i64, value: i64) -> Version {
        Version { time, received, flags: 0, value: Value::Integer(value) }
    }

    #[test]
    fn the_last_by_the_servers_time_counts_and_the_earlier_stays_known() {
        let all = vec![version(5, 10, 1), version(5, 30, 2), version(4, 9, 7), version(5, 20, 1)];
        assert_eq!(newest(all.clone(), None), [version(4, 9, 7), version(5, 30, 2)]);
        assert_eq!(newest(all.clone(), Some(29)), [version(4, 9, 7), version(5, 10, 1)]);
        assert_eq!(newest(all, Some(9)), [version(4, 9, 7)]);
    }
}
