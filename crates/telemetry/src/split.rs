//! A question that is answered one way before an instant and another way from it on.

use crate::TelemetryError;
use crate::aggregate::Aggregate;

type Buckets = Result<Vec<Option<Aggregate>>, TelemetryError>;

/// Asks `before` for what lies before `cut`, and `after` for the rest; the bucket that is cut in two is put together
/// again.
pub fn at(
    edges: &[i64],
    cut: i64,
    before: impl FnOnce(&[i64]) -> Buckets,
    after: impl FnOnce(&[i64]) -> Buckets,
) -> Buckets {
    let place = edges.partition_point(|edge| *edge < cut);
    if place == 0 {
        return after(edges);
    }
    if place == edges.len() {
        return before(edges);
    }
    let (earlier, later) = edges.split_at(place);
    let mut buckets = before(&[earlier, &[cut]].concat())?;
    if later.first() == Some(&cut) {
        if later.len() > 1 {
            buckets.extend(after(later)?);
        }
        return Ok(buckets);
    }
    let mut rest = after(&[&[cut], later].concat())?.into_iter();
    if let (Some(first), Some(Some(second))) = (buckets.last_mut(), rest.next()) {
        match first {
            Some(first) => first.followed_by(&second),
            None => *first = Some(second),
        }
    }
    buckets.extend(rest);
    Ok(buckets)
}

#[cfg(test)]
mod tests {
    use lares_model::Value;
    use proptest::prelude::*;

    use super::*;
    use crate::archive::Version;
    use crate::resolve;

    fn versions(times: &[i64]) -> Vec<Version> {
        let version =
            |time: &i64| Version { time: *time, received: 0, flags: 0, value: Value::Integer(*time % 7) };
        times.iter().map(version).collect()
    }

    proptest! {
        #[test]
        fn both_ways_together_answer_as_one_does(
            times in prop::collection::btree_set(0_i64..60, 0..30),
            edges in prop::collection::btree_set(0_i64..60, 2..10),
            cut in -2_i64..62,
        ) {
            let times: Vec<i64> = times.into_iter().collect();
            let edges: Vec<i64> = edges.into_iter().collect();
            let all = versions(&times);
            let answer = at(
                &edges,
                cut,
                |edges| {
                    prop_assert_is_ascending(edges);
                    let early: Vec<i64> = times.iter().copied().filter(|time| *time < cut).collect();
                    Ok(resolve::fold(&versions(&early), edges))
                },
                |edges| {
                    prop_assert_is_ascending(edges);
                    let late: Vec<i64> = times.iter().copied().filter(|time| *time >= cut).collect();
                    Ok(resolve::fold(&versions(&late), edges))
                },
            );
            prop_assert_eq!(answer.unwrap(), resolve::fold(&all, &edges));
        }
    }

    fn prop_assert_is_ascending(edges: &[i64]) {
        assert!(edges.len() > 1 && edges.windows(2).all(|pair| pair[0] < pair[1]), "{edges:?}");
    }
}
