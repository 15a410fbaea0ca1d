//! Figures: percentiles of what was measured, and the table they are printed in.

pub struct Spread {
    pub p50: f64,
    pub p99: f64,
    pub count: usize,
}

impl Spread {
    pub fn of(mut samples_ms: Vec<f64>) -> Spread {
        samples_ms.sort_by(f64::total_cmp);
        let at = |share: f64| {
            let index = (samples_ms.len() as f64 * share).ceil() as usize;
            samples_ms.get(index.saturating_sub(1)).copied().unwrap_or(f64::NAN)
        };
        Spread { p50: at(0.5), p99: at(0.99), count: samples_ms.len() }
    }

    pub fn line(&self) -> String {
        format!("p50 {:.2}, p99 {:.2} (n {})", self.p50, self.p99, self.count)
    }
}

pub fn median(samples: &[f64]) -> f64 {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}

pub struct Table {
    title: String,
    rows: Vec<[String; 4]>,
}

impl Table {
    pub fn new(title: &str) -> Table {
        Table { title: title.to_owned(), rows: vec![] }
    }

    pub fn row(&mut self, what: &str, lares: &str, peer: &str, note: &str) {
        println!("{what}: {lares} | {peer} | {note}");
        self.rows.push([what, lares, peer, note].map(str::to_owned));
    }

    pub fn print(&self) {
        println!("\n{}\n\n| measure | Lares | Mosquitto / disk | note |\n|---|---|---|---|", self.title);
        for [what, lares, peer, note] in &self.rows {
            println!("| {what} | {lares} | {peer} | {note} |");
        }
    }
}
