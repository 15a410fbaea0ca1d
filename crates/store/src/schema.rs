//! How a table is declared: the migrations, the schema document and the words of a conflict come from it.

use std::fmt::Write as _;

use crate::migrations::{MIGRATIONS, Step};

/// A table and what it is for.
pub(crate) struct Table {
    pub name: &'static str,
    /// One row of it in words, such as `a device`.
    pub one: &'static str,
    pub meaning: &'static str,
    pub columns: &'static [Column],
    pub primary_key: &'static [&'static str],
    pub unique: &'static [Unique],
    pub indexes: &'static [&'static [&'static str]],
    pub references: &'static [Reference],
}

#[derive(Clone, Copy)]
pub(crate) struct Column {
    pub name: &'static str,
    pub kind: Kind,
    pub nullable: bool,
    /// Who writes it: a function of this crate.
    pub writer: &'static str,
    /// What it says and why it is there.
    pub why: &'static str,
}

/// The type and unit of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Uuid,
    Millis,
    Integer,
    Seconds,
    Days,
    SquareMetres,
    Bool,
    Text,
    Json,
    Bytes,
}

pub(crate) struct Unique {
    pub columns: &'static [&'static str],
    /// What exists already when it is violated.
    pub one: &'static str,
}

pub(crate) struct Reference {
    pub columns: &'static [&'static str],
    pub table: &'static str,
    pub to: &'static [&'static str],
    pub on_delete: OnDelete,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OnDelete {
    /// The row referred to cannot go.
    Refuse,
    /// The referring row goes with it.
    Cascade,
}

pub(crate) const fn col(name: &'static str, kind: Kind, writer: &'static str, why: &'static str) -> Column {
    Column { name, kind, nullable: false, writer, why }
}

impl Column {
    pub const fn or_null(mut self) -> Column {
        self.nullable = true;
        self
    }
}

impl Kind {
    fn in_words(self) -> &'static str {
        match self {
            Kind::Uuid => "UUID",
            Kind::Millis => "integer, ms since 1970-01-01T00:00:00Z",
            Kind::Integer => "integer",
            Kind::Seconds => "integer, s",
            Kind::Days => "integer, d",
            Kind::SquareMetres => "real, m2",
            Kind::Bool => "boolean",
            Kind::Text => "text",
            Kind::Json => "text, JSON",
            Kind::Bytes => "bytes",
        }
    }
}

/// The name of a unique index, or of any other.
pub(crate) fn index_name(table: &str, columns: &[&str]) -> String {
    format!("{table}_{}", columns.join("_"))
}

pub(crate) fn tables() -> impl Iterator<Item = &'static Table> {
    steps().filter_map(|step| match step {
        Step::CreateTable(table) => Some(*table),
        _ => None,
    })
}

fn steps() -> impl Iterator<Item = &'static Step> {
    MIGRATIONS.iter().flat_map(|migration| migration.steps)
}

impl Table {
    /// Those it was made with, and those that came later.
    pub fn all_columns(&self) -> impl Iterator<Item = &'static Column> {
        let added = steps().filter_map(|step| match step {
            Step::AddLoweredName { table, column } | Step::AddColumn { table, column }
                if *table == self.name =>
            {
                Some(column)
            }
            _ => None,
        });
        self.columns.iter().chain(added)
    }

    pub fn all_unique(&self) -> impl Iterator<Item = &'static Unique> {
        let added = steps().filter_map(|step| match step {
            Step::AddUnique { table, unique } if *table == self.name => Some(unique),
            _ => None,
        });
        self.unique.iter().chain(added)
    }
}

/// What exists already, from a violated constraint: PostgreSQL gives its name, SQLite `table.column, table.column`.
pub(crate) fn conflict_in_words(constraint: &str) -> Option<&'static str> {
    for table in tables() {
        let qualified = |columns: &[&str]| {
            let columns: Vec<_> = columns.iter().map(|column| format!("{}.{column}", table.name)).collect();
            columns.join(", ")
        };
        if constraint == format!("{}_pkey", table.name) || constraint == qualified(table.primary_key) {
            return Some(table.one);
        }
        for unique in table.all_unique() {
            if constraint == index_name(table.name, unique.columns) || constraint == qualified(unique.columns)
            {
                return Some(unique.one);
            }
        }
    }
    None
}

/// The schema as a document: every table and column with its type, unit, writer and reason.
pub fn schema_document() -> String {
    let mut out = String::from(
        "# Relational schema\n\nGenerated from the migrations of `lares-store`. The same on SQLite and PostgreSQL. \
         UUIDs are `uuid` on PostgreSQL and 16 bytes on SQLite, bytes are `bytea` and `blob`; ids are UUIDv7, \
         so ordering by id is ordering by time of creation.\n",
    );
    for table in tables() {
        write_table(&mut out, table);
    }
    out
}

fn write_table(out: &mut String, table: &Table) {
    // Writing to a String cannot fail.
    let _ = write!(out, "\n## {}\n\n{}\n\n", table.name, table.meaning);
    out.push_str("| column | type and unit | written by | meaning |\n|---|---|---|---|\n");
    for column in table.all_columns() {
        let null = if column.nullable { ", or null" } else { "" };
        let _ = writeln!(
            out,
            "| `{}` | {}{null} | `{}` | {} |",
            column.name,
            column.kind.in_words(),
            column.writer,
            column.why
        );
    }
    let _ = write!(out, "\nPrimary key: {}.", listed(table.primary_key));
    for unique in table.all_unique() {
        let _ = write!(out, " Unique: {}.", listed(unique.columns));
    }
    for index in table.indexes {
        let _ = write!(out, " Index: {}.", listed(index));
    }
    for reference in table.references {
        let then = match reference.on_delete {
            OnDelete::Refuse => "which cannot go before",
            OnDelete::Cascade => "and goes with it",
        };
        let _ = write!(
            out,
            " {} refers to `{}` ({}), {then}.",
            listed(reference.columns),
            reference.table,
            listed(reference.to)
        );
    }
    out.push('\n');
}

fn listed(columns: &[&str]) -> String {
    let quoted: Vec<_> = columns.iter().map(|column| format!("`{column}`")).collect();
    quoted.join(", ")
}

#[cfg(test)]
#[path = "schema_tests.rs"]
mod tests;
