//! The migrations, in order: each is a list of declared steps that never changes once it was released.

mod m0001_ground;
mod m0002_search;
mod m0003_retention;
mod m0004_mqtt_clients;
mod m0005_foreign_devices;
mod m0006_webhooks;
mod m0007_export;
mod m0008_device_certificates;
mod m0009_identity;
mod m0011_oauth;
mod m0012_factors;
mod m0013_people;
mod m0014_sign_ins;

use sea_orm_migration::prelude::*;

use crate::schema::{Column, Kind, OnDelete, Table as TableDeclaration, Unique, index_name};

pub(crate) struct Migration {
    pub name: &'static str,
    pub steps: &'static [Step],
}

pub(crate) enum Step {
    CreateTable(&'static TableDeclaration),
    /// A column with the table's `name` in lower case, in every script: what SQL's own function does on one engine only.
    AddLoweredName {
        table: &'static str,
        column: Column,
    },
    /// A column that is null in the rows there are, or false where it is a boolean.
    AddColumn {
        table: &'static str,
        column: Column,
    },
    AddUnique {
        table: &'static str,
        unique: Unique,
    },
}

pub(crate) static MIGRATIONS: &[Migration] = &[
    m0001_ground::MIGRATION,
    m0002_search::MIGRATION,
    m0003_retention::MIGRATION,
    m0004_mqtt_clients::MIGRATION,
    m0005_foreign_devices::MIGRATION,
    m0006_webhooks::MIGRATION,
    m0007_export::MIGRATION,
    m0008_device_certificates::MIGRATION,
    m0009_identity::MIGRATION,
    m0011_oauth::MIGRATION,
    m0012_factors::MIGRATION,
    m0013_people::MIGRATION,
    m0014_sign_ins::MIGRATION,
];

/// Runs the declared migrations through SeaORM's bookkeeping (table `seaql_migrations`).
pub(crate) struct Migrator;

struct Declared(&'static Migration);

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        MIGRATIONS.iter().map(|migration| Box::new(Declared(migration)) as Box<dyn MigrationTrait>).collect()
    }
}

impl MigrationName for Declared {
    fn name(&self) -> &str {
        self.0.name
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Declared {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for step in self.0.steps {
            match step {
                Step::CreateTable(table) => create(manager, table).await?,
                Step::AddLoweredName { table, column } => add_lowered_name(manager, table, column).await?,
                Step::AddColumn { table, column } => add_column(manager, table, column).await?,
                Step::AddUnique { table, unique } => {
                    manager.create_index(index(table, unique.columns).unique().to_owned()).await?;
                }
            }
        }
        Ok(())
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

async fn create(manager: &SchemaManager<'_>, table: &TableDeclaration) -> Result<(), DbErr> {
    let mut statement = Table::create();
    statement.table(table.name);
    for column in table.columns {
        statement.col(column_of(column));
    }
    let mut primary_key = Index::create();
    primary_key.name(format!("{}_pkey", table.name));
    for column in table.primary_key {
        primary_key.col(*column);
    }
    statement.primary_key(&mut primary_key);
    for reference in table.references {
        let mut key = ForeignKey::create();
        key.from_tbl(table.name).to_tbl(reference.table);
        for (from, to) in reference.columns.iter().zip(reference.to) {
            key.from_col(*from).to_col(*to);
        }
        key.on_delete(match reference.on_delete {
            OnDelete::Refuse => ForeignKeyAction::NoAction,
            OnDelete::Cascade => ForeignKeyAction::Cascade,
        });
        statement.foreign_key(&mut key);
    }
    manager.create_table(statement).await?;
    for unique in table.unique {
        manager.create_index(index(table.name, unique.columns).unique().to_owned()).await?;
    }
    for columns in table.indexes {
        manager.create_index(index(table.name, columns)).await?;
    }
    Ok(())
}

async fn add_column(manager: &SchemaManager<'_>, table: &'static str, column: &Column) -> Result<(), DbErr> {
    let mut definition = column_of(column);
    if column.kind == Kind::Bool {
        definition.default(false);
    }
    manager.alter_table(Table::alter().table(table).add_column(definition).to_owned()).await
}

async fn add_lowered_name(
    manager: &SchemaManager<'_>,
    table: &'static str,
    column: &Column,
) -> Result<(), DbErr> {
    let mut add = Table::alter();
    manager.alter_table(add.table(table).add_column(column_of(column).default("")).to_owned()).await?;
    let db = manager.get_connection();
    let rows = db.query_all(Query::select().columns(["id", "name"]).from(table)).await?;
    for row in rows {
        let (id, name): (uuid::Uuid, String) = (row.try_get("", "id")?, row.try_get("", "name")?);
        let mut fill = Query::update();
        fill.table(table).value(column.name, name.to_lowercase()).and_where(Expr::col("id").eq(id));
        db.execute(&fill).await?;
    }
    Ok(())
}

fn index(table: &'static str, columns: &[&'static str]) -> IndexCreateStatement {
    let mut statement = Index::create();
    statement.name(index_name(table, columns)).table(table);
    for column in columns {
        statement.col(*column);
    }
    statement
}

fn column_of(column: &Column) -> ColumnDef {
    let mut definition = ColumnDef::new(column.name);
    match column.kind {
        Kind::Uuid => definition.uuid(),
        Kind::Millis | Kind::Integer | Kind::Seconds | Kind::Days => definition.big_integer(),
        Kind::SquareMetres => definition.double(),
        Kind::Bool => definition.boolean(),
        Kind::Text | Kind::Json => definition.text(),
        Kind::Bytes => definition.blob(),
    };
    if !column.nullable {
        definition.not_null();
    }
    definition
}
