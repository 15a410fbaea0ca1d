//! Prometheus remote write 1.0: its messages, and time series cut into requests of bounded size.

use prost::Message;

/// Servers refuse requests beyond some 30 MB; a smaller one is repeated at less cost.
const REQUEST_BYTES_MAX: usize = 2 * 1024 * 1024;
/// An encoded sample with its tags, at most.
const SAMPLE_BYTES: usize = 22;

#[derive(Clone, PartialEq, Message)]
pub struct WriteRequest {
    #[prost(message, repeated, tag = "1")]
    pub timeseries: Vec<TimeSeries>,
}

#[derive(Clone, PartialEq, Message)]
pub struct TimeSeries {
    /// By name, each once, none with an empty value.
    #[prost(message, repeated, tag = "1")]
    pub labels: Vec<Label>,
    /// In the order of their time.
    #[prost(message, repeated, tag = "2")]
    pub samples: Vec<Sample>,
}

#[derive(Clone, PartialEq, Message)]
pub struct Label {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(string, tag = "2")]
    pub value: String,
}

#[derive(Clone, Copy, PartialEq, Message)]
pub struct Sample {
    #[prost(double, tag = "1")]
    pub value: f64,
    /// Milliseconds since 1970.
    #[prost(int64, tag = "2")]
    pub timestamp: i64,
}

/// The bodies of as many requests as it takes.
pub fn requests(series: Vec<TimeSeries>) -> Vec<Vec<u8>> {
    let mut bodies = Vec::new();
    let mut request = WriteRequest::default();
    let mut size = 0;
    for TimeSeries { labels, samples } in series {
        let head: usize = labels.iter().map(|label| label.name.len() + label.value.len() + 8).sum();
        let mut rest = &samples[..];
        while !rest.is_empty() {
            let room = REQUEST_BYTES_MAX.saturating_sub(size + head) / SAMPLE_BYTES;
            if room == 0 && size > 0 {
                bodies.push(std::mem::take(&mut request).encode_to_vec());
                size = 0;
                continue;
            }
            let (some, later) = rest.split_at(room.clamp(1, rest.len()));
            request.timeseries.push(TimeSeries { labels: labels.clone(), samples: some.to_vec() });
            size += head + some.len() * SAMPLE_BYTES;
            rest = later;
        }
    }
    if size > 0 {
        bodies.push(request.encode_to_vec());
    }
    bodies
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_series() -> impl Strategy<Value = TimeSeries> {
        let label = ("[a-z_]{1,8}", ".{0,12}").prop_map(|(name, value)| Label { name, value });
        let sample =
            (any::<i64>(), -1e300_f64..1e300).prop_map(|(timestamp, value)| Sample { value, timestamp });
        (prop::collection::vec(label, 1..4), prop::collection::vec(sample, 1..20))
            .prop_map(|(labels, samples)| TimeSeries { labels, samples })
    }

    /// Series as they are after runs of the same labels are joined again.
    fn joined(bodies: &[Vec<u8>]) -> Vec<TimeSeries> {
        let mut all: Vec<TimeSeries> = Vec::new();
        for series in bodies.iter().flat_map(|body| WriteRequest::decode(&body[..]).unwrap().timeseries) {
            match all.last_mut() {
                Some(last) if last.labels == series.labels => last.samples.extend(series.samples),
                _ => all.push(series),
            }
        }
        all
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded(series in prop::collection::vec(any_series(), 0..6)) {
            let mut expected: Vec<TimeSeries> = Vec::new();
            for one in series.clone() {
                match expected.last_mut() {
                    Some(last) if last.labels == one.labels => last.samples.extend(one.samples),
                    _ => expected.push(one),
                }
            }
            prop_assert_eq!(joined(&requests(series)), expected);
        }
    }

    #[test]
    fn long_series_and_long_labels_are_cut_into_requests_of_bounded_size() {
        let labels = |value: String| vec![Label { name: "state".to_owned(), value }];
        let sample = |timestamp| Sample { value: 0.1, timestamp: i64::MAX - timestamp };
        let mut series: Vec<TimeSeries> = (0..300)
            .map(|n| TimeSeries { labels: labels(format!("{n:016384}")), samples: vec![sample(n)] })
            .collect();
        let samples = (0..300_000).map(sample).collect();
        series.push(TimeSeries { labels: labels("long".to_owned()), samples });
        let bodies = requests(series.clone());
        assert!(bodies.len() > 4);
        assert!(bodies.iter().all(|body| body.len() <= REQUEST_BYTES_MAX));
        assert_eq!(joined(&bodies), series);
    }
}
