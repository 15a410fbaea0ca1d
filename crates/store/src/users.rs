//! People who sign in.

use lares_model::person::Preferences;
use lares_model::{UnixMillis, UserId};
use sea_orm::sea_query::{Expr, Func};
use sea_orm::{ColumnTrait, EntityTrait, ExprTrait as _, QueryFilter};

use crate::text::{from_json, json_of};
use crate::{Conn, StoreError, UnitOfWork, rows};

pub(crate) mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "users")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub email: String,
        pub name: String,
        pub password_phc: String,
        pub created_at: i64,
        pub email_verified_at: Option<i64>,
        pub preferences: Option<String>,
        pub sign_in_epoch: Option<i64>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

use row::{Column, Entity, Model};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    pub id: UserId,
    /// In lower case: the store writes and looks up no other.
    pub email: String,
    pub name: String,
    /// Empty for somebody without a password.
    pub password_phc: String,
    pub created_at: UnixMillis,
    pub email_verified_at: Option<UnixMillis>,
    /// How often their sessions were ended.
    pub sign_in_epoch: i64,
}

pub(crate) fn from_row(row: Model) -> User {
    User {
        id: UserId(row.id),
        email: row.email,
        name: row.name,
        password_phc: row.password_phc,
        created_at: UnixMillis(row.created_at),
        email_verified_at: row.email_verified_at.map(UnixMillis),
        sign_in_epoch: row.sign_in_epoch.unwrap_or_default(),
    }
}

pub async fn insert(w: &UnitOfWork, user: &User) -> Result<(), StoreError> {
    let row = Model {
        id: user.id.0,
        email: user.email.to_lowercase(),
        name: user.name.clone(),
        password_phc: user.password_phc.clone(),
        created_at: user.created_at.0,
        email_verified_at: user.email_verified_at.map(|instant| instant.0),
        preferences: None,
        sign_in_epoch: Some(user.sign_in_epoch),
    };
    rows::insert(w, row).await
}

pub async fn find(c: &impl Conn, id: UserId) -> Result<Option<User>, StoreError> {
    Ok(rows::one(c, Entity::find_by_id(id.0)).await?.map(from_row))
}

pub async fn find_by_email(c: &impl Conn, email: &str) -> Result<Option<User>, StoreError> {
    let select = Entity::find().filter(Column::Email.eq(email.to_lowercase()));
    Ok(rows::one(c, select).await?.map(from_row))
}

/// The same password hashed anew, unless it was changed meanwhile.
pub async fn rehash_password(w: &UnitOfWork, id: UserId, old: &str, new: &str) -> Result<bool, StoreError> {
    let update = Entity::update_many()
        .col_expr(Column::PasswordPhc, Expr::value(new))
        .filter(Column::Id.eq(id.0))
        .filter(Column::PasswordPhc.eq(old));
    rows::update(w, update).await
}

pub async fn set_password(w: &UnitOfWork, id: UserId, password_phc: &str) -> Result<bool, StoreError> {
    let update = Entity::update_many()
        .col_expr(Column::PasswordPhc, Expr::value(password_phc))
        .filter(Column::Id.eq(id.0));
    rows::update(w, update).await
}

pub async fn set_name(w: &UnitOfWork, id: UserId, name: &str) -> Result<bool, StoreError> {
    let update = Entity::update_many().col_expr(Column::Name, Expr::value(name)).filter(Column::Id.eq(id.0));
    rows::update(w, update).await
}

/// An address, and when it was proved to be theirs.
pub async fn set_email(
    w: &UnitOfWork,
    id: UserId,
    email: &str,
    verified_at: Option<UnixMillis>,
) -> Result<bool, StoreError> {
    let update = Entity::update_many()
        .col_expr(Column::Email, Expr::value(email.to_lowercase()))
        .col_expr(Column::EmailVerifiedAt, Expr::value(verified_at.map(|instant| instant.0)))
        .filter(Column::Id.eq(id.0));
    rows::update(w, update).await
}

fn epoch() -> Expr {
    Func::coalesce([Expr::col(Column::SignInEpoch), Expr::val(0_i64)]).into()
}

/// Whoever proved who they are before this gets no session for it any more.
pub async fn end_sign_ins(w: &UnitOfWork, id: UserId) -> Result<bool, StoreError> {
    let update =
        Entity::update_many().col_expr(Column::SignInEpoch, epoch().add(1_i64)).filter(Column::Id.eq(id.0));
    rows::update(w, update).await
}

/// Whether nothing has ended sign-ins since; nothing does until the unit of work is over.
pub async fn hold_sign_ins(w: &UnitOfWork, id: UserId, since: i64) -> Result<bool, StoreError> {
    let update = Entity::update_many()
        .col_expr(Column::SignInEpoch, Expr::value(since))
        .filter(Column::Id.eq(id.0))
        .filter(epoch().eq(since));
    rows::update(w, update).await
}

/// What was never chosen is as by default.
pub async fn preferences(c: &impl Conn, id: UserId) -> Result<Preferences, StoreError> {
    let row = rows::one(c, Entity::find_by_id(id.0)).await?;
    let kept = row.and_then(|row| row.preferences);
    kept.map_or_else(|| Ok(Preferences::default()), |json| from_json("users.preferences", &json))
}

pub async fn set_preferences(
    w: &UnitOfWork,
    id: UserId,
    preferences: &Preferences,
) -> Result<bool, StoreError> {
    let update = Entity::update_many()
        .col_expr(Column::Preferences, Expr::value(json_of(preferences)?))
        .filter(Column::Id.eq(id.0));
    rows::update(w, update).await
}

/// With all that refers to them.
pub async fn delete(w: &UnitOfWork, id: UserId) -> Result<bool, StoreError> {
    Ok(rows::delete(w, Entity::delete_many().filter(Column::Id.eq(id.0))).await? > 0)
}
