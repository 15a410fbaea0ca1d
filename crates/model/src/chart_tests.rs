//! What is drawn is what all readings would draw: pixel by pixel the same ends and the same height.

use proptest::prelude::*;

use super::*;

fn point(time: i64, value: f64) -> Point {
    Point { time: UnixMillis(time), value: Value::Number(value), quality: Quality::Measured }
}

fn draw(all: &[Point], from: i64, until: i64, pixels: u32) -> Vec<Point> {
    let mut drawing = Drawing::new(UnixMillis(from), UnixMillis(until), pixels).unwrap();
    all.iter().cloned().for_each(|point| drawing.take(point));
    drawing.drawn()
}

/// First, last, least and greatest of the points of each pixel that has any.
fn outline(points: &[Point], span: i64, pixels: i64) -> Vec<(i64, f64, f64, f64, f64)> {
    let pixels = pixels.min(span);
    let mut seen: Vec<(i64, f64, f64, f64, f64)> = Vec::new();
    for point in points {
        let (at, value) = (point.time.0 * pixels / span, point.value.as_f64().unwrap());
        match seen.last_mut() {
            Some((pixel, _, last, least, greatest)) if *pixel == at => {
                (*last, *least, *greatest) = (value, least.min(value), greatest.max(value));
            }
            _ => seen.push((at, value, value, value, value)),
        }
    }
    seen
}

#[test]
fn a_spike_between_two_readings_keeps_its_own_time() {
    let all: Vec<_> = (0..1_000).map(|nth| point(nth * 10, if nth == 437 { 9_000.0 } else { 1.0 })).collect();
    let drawn = draw(&all, 0, 10_000, 10);
    assert!(drawn.contains(&point(4_370, 9_000.0)));
    assert!(drawn.len() <= 40, "{}", drawn.len());
}

#[test]
fn texts_keep_the_first_and_last_of_a_pixel() {
    let text = |time, value: &str| Point { value: Value::Text(value.into()), ..point(time, 0.0) };
    let all = [text(0, "Locked"), text(3, "Unlocked"), text(7, "Locked"), text(12, "Unlocked")];
    assert_eq!(draw(&all, 0, 20, 2), [all[0].clone(), all[2].clone(), all[3].clone()]);
}

#[test]
fn what_cannot_be_drawn_is_refused_with_the_field() {
    let field = |from, until, pixels| {
        Drawing::new(UnixMillis(from), UnixMillis(until), pixels).err().unwrap().errors[0].field.clone()
    };
    assert_eq!(field(5, 5, 10), "until");
    assert_eq!(field(5, 6, 0), "points");
    assert_eq!(field(5, 6, PIXELS_MAX + 1), "points");
}

proptest! {
    #[test]
    fn the_line_is_that_of_all_readings(
        steps in prop::collection::vec((1_i64..200, -100_i64..100), 0..300),
        pixels in 1_u32..80,
        after in 1_i64..500,
    ) {
        let mut time = 0;
        let all: Vec<Point> = steps.iter().map(|(step, value)| { time += step; point(time, *value as f64) }).collect();
        let span = time + after;
        let drawn = draw(&all, 0, span, pixels);
        prop_assert_eq!(outline(&drawn, span, i64::from(pixels)), outline(&all, span, i64::from(pixels)));
        prop_assert!(drawn.windows(2).all(|pair| pair[0].time < pair[1].time), "in order, none twice");
        prop_assert!(drawn.iter().all(|point| all.contains(point)), "actual readings");
        prop_assert!(drawn.len() <= 4 * pixels as usize);
        prop_assert_eq!(draw(&drawn, 0, span, pixels), drawn, "drawing it again changes nothing");
    }
}
