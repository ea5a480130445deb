//! The catalogue: categories, the series in them, and users of firms.
//!
//! Their names pass through the log for whoever reads it and are only checked here; the engine
//! keeps what it checks other commands against, and what a series gives to its events.

mod snapshot;

use forecastle_proto_spec::{
    CatalogueAction, CategoryDefinitionReport, CategoryDefinitionRequest, Digest, EventVelocity,
    RejectCode, SeriesDefinitionReport, SeriesDefinitionRequest, UserDefinitionReport,
    UserDefinitionRequest,
};
use forecastle_runtime::memory::Arena;

use crate::apply::Context;
use crate::effect_buffer::EffectBuffer;
use crate::engine::Engine;
use crate::fees::FeeRates;
use crate::memory_table::MemoryUse;
use crate::state_digest::{DigestSum, Domain, pair};

/// What a series gives to the events that are defined in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Series {
    pub(crate) category_id: u16,
    pub(crate) velocity: EventVelocity,
    pub(crate) fees: FeeRates,
}

/// All categories, series and users by number.
#[derive(Debug)]
pub(crate) struct Catalogue {
    /// Whether each category is defined.
    categories: Box<[bool]>,
    series: Box<[Option<Series>]>,
    /// Firm of each user, 0 where none is defined.
    users: Arena<u32>,
    digest: DigestSum,
}

impl Catalogue {
    /// Room for users up to `users_max`.
    pub(crate) fn new(users_max: u32) -> Self {
        Self {
            categories: vec![false; usize::from(CATEGORY_MAX) + 1].into_boxed_slice(),
            series: vec![None; usize::from(SERIES_MAX) + 1].into_boxed_slice(),
            users: Arena::new(users_max + 1, 0),
            digest: DigestSum::default(),
        }
    }

    /// What it keeps in memory.
    #[cold]
    pub(crate) fn memory(&self) -> [MemoryUse; 3] {
        [
            MemoryUse::of_slice("categories", &self.categories),
            MemoryUse::of_slice("series", &self.series),
            MemoryUse::of_arena("users", &self.users),
        ]
    }

    fn has_category(&self, category_id: u16) -> bool {
        self.categories.get(usize::from(category_id)).is_some_and(|is_defined| *is_defined)
    }

    /// A series, if it is defined.
    pub(crate) fn find_series(&self, series_id: u16) -> Option<&Series> {
        self.series.get(usize::from(series_id))?.as_ref()
    }

    /// Firm of a user, if it is defined.
    fn firm_of_user(&self, user_id: u32) -> Option<u32> {
        self.users.get(user_id).copied().filter(|firm_id| *firm_id != 0)
    }

    fn set_category(&mut self, category_id: u16) {
        if !self.has_category(category_id) {
            self.categories[usize::from(category_id)] = true;
            self.digest.add(category_piece(category_id));
        }
    }

    fn set_series(&mut self, series_id: u16, series: Series) {
        if let Some(before) = self.find_series(series_id) {
            let piece = series_piece(series_id, before);
            self.digest.remove(piece);
        }
        self.series[usize::from(series_id)] = Some(series);
        self.digest.add(series_piece(series_id, &series));
    }

    fn set_user(&mut self, user_id: u32, firm_id: u32) {
        if self.firm_of_user(user_id).is_none() {
            self.users[user_id] = firm_id;
            self.digest.add(user_piece(user_id, firm_id));
        }
    }

    /// Numbers of all categories, ascending.
    fn categories(&self) -> impl Iterator<Item = u16> {
        (0..).zip(&self.categories).filter(|(_, is_defined)| **is_defined).map(|(id, _)| id)
    }

    fn all_series(&self) -> impl Iterator<Item = (u16, &Series)> {
        (0..).zip(&self.series).filter_map(|(id, series)| Some((id, series.as_ref()?)))
    }

    /// Number and firm of all users, ascending.
    fn users(&self) -> impl Iterator<Item = (u32, u32)> {
        let users = (0..).zip(self.users.as_slice());
        users.filter(|(_, firm_id)| **firm_id != 0).map(|(id, firm_id)| (id, *firm_id))
    }

    #[inline]
    pub(crate) fn digest(&self) -> DigestSum {
        self.digest
    }

    /// The digest by a walk over everything.
    pub(crate) fn walked_digest(&self) -> DigestSum {
        let categories = self.categories().map(category_piece);
        let series = self.all_series().map(|(id, series)| series_piece(id, series));
        let users = self.users().map(|(id, firm_id)| user_piece(id, firm_id));
        categories.chain(series).chain(users).collect()
    }
}

impl Engine {
    pub(crate) fn define_category(
        &mut self,
        context: &Context,
        message: &CategoryDefinitionRequest,
        effects: &mut EffectBuffer<'_>,
    ) -> Result<(), RejectCode> {
        let category_id = message.category_id.get();
        let action = checked_action(message.action)?;
        check_number(category_id.into(), CATEGORY_MAX.into())?;
        check_name(&message.name)?;
        let is_there = self.catalogue.has_category(category_id);
        check_presence(action, is_there, RejectCode::UnknownCategory)?;
        self.catalogue.set_category(category_id);
        effects.push(&CategoryDefinitionReport {
            request_id: message.request_id,
            exec_id: effects.next_position().into(),
            transact_time_ns: context.time_ns.into(),
            seq_num: message.seq_num,
            category_id: message.category_id,
            action: message.action,
            reserved_31: [0; 1],
        });
        Ok(())
    }

    pub(crate) fn define_series(
        &mut self,
        context: &Context,
        message: &SeriesDefinitionRequest,
        effects: &mut EffectBuffer<'_>,
    ) -> Result<(), RejectCode> {
        let (series_id, category_id) = (message.series_id.get(), message.category_id.get());
        let action = checked_action(message.action)?;
        check_number(series_id.into(), SERIES_MAX.into())?;
        check_name(&message.name)?;
        let velocity = EventVelocity::try_from(message.velocity)
            .map_err(|_| RejectCode::InvalidEventParameters)?;
        let fees =
            FeeRates { maker: message.maker_fee_rate.get(), taker: message.taker_fee_rate.get() };
        if !fees.are_in_range() {
            return Err(RejectCode::FeeRateUnsupported);
        }
        if !self.catalogue.has_category(category_id) {
            return Err(RejectCode::UnknownCategory);
        }
        let is_there = self.catalogue.find_series(series_id).is_some();
        check_presence(action, is_there, RejectCode::UnknownSeries)?;
        self.catalogue.set_series(series_id, Series { category_id, velocity, fees });
        effects.push(&SeriesDefinitionReport {
            request_id: message.request_id,
            exec_id: effects.next_position().into(),
            transact_time_ns: context.time_ns.into(),
            seq_num: message.seq_num,
            series_id: message.series_id,
            category_id: message.category_id,
            maker_fee_rate: message.maker_fee_rate,
            taker_fee_rate: message.taker_fee_rate,
            velocity: message.velocity,
            action: message.action,
            reserved_38: [0; 2],
        });
        Ok(())
    }

    pub(crate) fn define_user(
        &mut self,
        context: &Context,
        message: &UserDefinitionRequest,
        effects: &mut EffectBuffer<'_>,
    ) -> Result<(), RejectCode> {
        let (user_id, firm_id) = (message.user_id.get(), message.firm_id.get());
        let action = checked_action(message.action)?;
        check_number(user_id, self.config.accounts_max)?;
        check_name(&message.name)?;
        if firm_id == 0 {
            return Err(RejectCode::FirmZero);
        }
        let account = message.account.get();
        let is_of_firm =
            |number| self.ledger.accounts.find(number).is_some_and(|it| it.firm_id == firm_id);
        if account != 0 && !is_of_firm(account) {
            return Err(RejectCode::UnknownAccount);
        }
        let held = self.catalogue.firm_of_user(user_id);
        check_presence(action, held.is_some(), RejectCode::UnknownUser)?;
        if held.is_some_and(|held| held != firm_id) {
            return Err(RejectCode::UnknownUser);
        }
        self.catalogue.set_user(user_id, firm_id);
        effects.push(&UserDefinitionReport {
            request_id: message.request_id,
            exec_id: effects.next_position().into(),
            transact_time_ns: context.time_ns.into(),
            seq_num: message.seq_num,
            user_id: message.user_id,
            firm_id: message.firm_id,
            account: message.account,
            action: message.action,
            reserved_41: [0; 7],
        });
        Ok(())
    }
}

fn checked_action(action: u8) -> Result<CatalogueAction, RejectCode> {
    CatalogueAction::try_from(action).map_err(|_| RejectCode::InvalidAction)
}

fn check_number(number: u32, most: u32) -> Result<(), RejectCode> {
    if (1..=most).contains(&number) { Ok(()) } else { Err(RejectCode::NumberOutOfRange) }
}

/// Text that anybody can print: zeros behind it, and none inside.
fn check_name(name: &[u8; NAME_LENGTH]) -> Result<(), RejectCode> {
    let length = name.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    let text = name.get(..length).and_then(|used| std::str::from_utf8(used).ok());
    match text {
        Some(text) if length > 0 && !text.contains(char::is_control) => Ok(()),
        _ => Err(RejectCode::InvalidName),
    }
}

/// What is defined is not there yet, and what is updated is.
fn check_presence(
    action: CatalogueAction,
    is_there: bool,
    absent: RejectCode,
) -> Result<(), RejectCode> {
    match (action, is_there) {
        (CatalogueAction::Define, true) => Err(RejectCode::AlreadyDefined),
        (CatalogueAction::Update, false) => Err(absent),
        _ => Ok(()),
    }
}

fn category_piece(category_id: u16) -> Digest {
    Domain::Category.digest().absorb(category_id.into())
}

fn series_piece(series_id: u16, series: &Series) -> Digest {
    let rates = u32::from(series.fees.maker) << 16 | u32::from(series.fees.taker);
    let category = u32::from(series.category_id) << 16 | u32::from(series.velocity as u8);
    Domain::Series.digest().absorb(pair(series_id.into(), category)).absorb(rates.into())
}

fn user_piece(user_id: u32, firm_id: u32) -> Digest {
    Domain::User.digest().absorb(pair(user_id, firm_id))
}

/// Highest number of a category.
const CATEGORY_MAX: u16 = 1_024;
/// Highest number of a series.
const SERIES_MAX: u16 = 8_192;
/// Bytes of a name.
const NAME_LENGTH: usize = 64;
