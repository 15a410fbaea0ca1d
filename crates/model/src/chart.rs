//! What of a series is drawn: of each pixel the first, least, greatest and last reading, which draw the same line as
//! all of them. Source: Jugel, Jerzak, Hackenbroich, Markl, "M4: A Visualization-Oriented Time Series Data Aggregation",
//! VLDB 2014.

use serde::Serialize;

use crate::invalid::Invalid;
use crate::reading::Quality;
use crate::time::UnixMillis;
use crate::value::Value;

pub const PIXELS_MAX: u32 = 4_000;

/// A reading that is drawn.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Point {
    pub time: UnixMillis,
    #[schema(schema_with = crate::value::schema)]
    pub value: Value,
    pub quality: Quality,
}

/// Takes the readings of a span in the order of their time and keeps what has to be drawn.
pub struct Drawing {
    from: UnixMillis,
    span_ms: i64,
    pixels: i64,
    pixel: i64,
    /// Of the present pixel.
    first: Option<Point>,
    least: Option<(f64, Point)>,
    greatest: Option<(f64, Point)>,
    last: Option<Point>,
    drawn: Vec<Point>,
}

impl Drawing {
    /// A pixel is a millisecond wide at least.
    pub fn new(from: UnixMillis, until: UnixMillis, pixels: u32) -> Result<Drawing, Invalid> {
        let span_ms = until.since_ms(from);
        if span_ms <= 0 {
            return Err(Invalid::one("until", "must be after `from`"));
        }
        if !(1..=PIXELS_MAX).contains(&pixels) {
            return Err(Invalid::one("points", format!("must be from 1 to {PIXELS_MAX}")));
        }
        Ok(Drawing {
            from,
            span_ms,
            pixels: i64::from(pixels).min(span_ms),
            pixel: 0,
            first: None,
            least: None,
            greatest: None,
            last: None,
            drawn: Vec::new(),
        })
    }

    pub fn take(&mut self, point: Point) {
        let pixel = self.pixel_of(point.time);
        if pixel != self.pixel {
            self.draw_pixel();
            self.pixel = pixel;
        }
        if let Some(number) = number_of(&point.value) {
            if self.least.as_ref().is_none_or(|(least, _)| number < *least) {
                self.least = Some((number, point.clone()));
            }
            if self.greatest.as_ref().is_none_or(|(greatest, _)| number > *greatest) {
                self.greatest = Some((number, point.clone()));
            }
        }
        if self.first.is_none() {
            self.first = Some(point);
        } else {
            self.last = Some(point);
        }
    }

    /// In the order of time.
    pub fn drawn(mut self) -> Vec<Point> {
        self.draw_pixel();
        self.drawn
    }

    fn pixel_of(&self, time: UnixMillis) -> i64 {
        let offset = i128::from(time.since_ms(self.from).clamp(0, self.span_ms - 1));
        // Within the number of pixels, which is an i64.
        (offset * i128::from(self.pixels) / i128::from(self.span_ms)) as i64
    }

    fn draw_pixel(&mut self) {
        let extremes =
            [self.least.take(), self.greatest.take()].into_iter().flatten().map(|(_, point)| point);
        let ends = [self.first.take(), self.last.take()].into_iter().flatten();
        let mut points: Vec<Point> = ends.chain(extremes).collect();
        points.sort_by_key(|point| point.time);
        points.dedup_by_key(|point| point.time);
        self.drawn.append(&mut points);
    }
}

/// Booleans are drawn as 0 and 1; texts have no height.
fn number_of(value: &Value) -> Option<f64> {
    match value {
        Value::Bool(yes) => Some(f64::from(u8::from(*yes))),
        other => other.as_f64(),
    }
}

#[cfg(test)]
#[path = "chart_tests.rs"]
mod tests;
