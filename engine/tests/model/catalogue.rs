//! Categories, series and users (`docs/engine-rules.md` §12).

use forecastle_proto_spec::{
    CategoryDefinitionReport, CategoryDefinitionRequest, EventDefinitionRequest,
    EventParametersReport, RejectCode, SeriesDefinitionReport, SeriesDefinitionRequest,
    UserDefinitionReport, UserDefinitionRequest,
};
use zerocopy::FromZeros;

use super::Model;
use super::effects::Effects;
use super::sessions::Request;

/// A series as it was last described.
#[derive(Clone, Copy, Debug)]
pub struct Series {
    pub category_id: u16,
    pub velocity: u8,
    pub maker_fee_rate: u16,
    pub taker_fee_rate: u16,
}

impl Model {
    pub fn define_category(
        &mut self,
        request: &Request,
        message: &CategoryDefinitionRequest,
        effects: &mut Effects,
    ) -> Result<(), RejectCode> {
        let category_id = message.category_id.get();
        check_form(message.action, u32::from(category_id), 1_024, &message.name)?;
        let is_there = self.categories.contains(&category_id);
        check_presence(message.action, is_there, RejectCode::UnknownCategory)?;
        self.categories.insert(category_id);
        let mut report = CategoryDefinitionReport::new_zeroed();
        report.request_id.set(request.id);
        report.exec_id.set(effects.position());
        report.transact_time_ns.set(effects.now);
        report.seq_num.set(request.seq_num);
        report.category_id = message.category_id;
        report.action = message.action;
        effects.push(&report);
        Ok(())
    }

    pub fn define_series(
        &mut self,
        request: &Request,
        message: &SeriesDefinitionRequest,
        effects: &mut Effects,
    ) -> Result<(), RejectCode> {
        let series_id = message.series_id.get();
        check_form(message.action, u32::from(series_id), 8_192, &message.name)?;
        if !(1..=3).contains(&message.velocity) {
            return Err(RejectCode::InvalidEventParameters);
        }
        if message.maker_fee_rate.get() > 9_999 || message.taker_fee_rate.get() > 9_999 {
            return Err(RejectCode::FeeRateUnsupported);
        }
        if !self.categories.contains(&message.category_id.get()) {
            return Err(RejectCode::UnknownCategory);
        }
        let is_there = self.series.contains_key(&series_id);
        check_presence(message.action, is_there, RejectCode::UnknownSeries)?;
        let series = Series {
            category_id: message.category_id.get(),
            velocity: message.velocity,
            maker_fee_rate: message.maker_fee_rate.get(),
            taker_fee_rate: message.taker_fee_rate.get(),
        };
        self.series.insert(series_id, series);
        let mut report = SeriesDefinitionReport::new_zeroed();
        report.request_id.set(request.id);
        report.exec_id.set(effects.position());
        report.transact_time_ns.set(effects.now);
        report.seq_num.set(request.seq_num);
        report.series_id.set(series_id);
        report.category_id.set(series.category_id);
        report.maker_fee_rate.set(series.maker_fee_rate);
        report.taker_fee_rate.set(series.taker_fee_rate);
        report.velocity = series.velocity;
        report.action = message.action;
        effects.push(&report);
        Ok(())
    }

    pub fn define_user(
        &mut self,
        request: &Request,
        message: &UserDefinitionRequest,
        effects: &mut Effects,
    ) -> Result<(), RejectCode> {
        let (user_id, firm_id) = (message.user_id.get(), message.firm_id.get());
        check_form(message.action, user_id, self.limits.accounts_max, &message.name)?;
        if firm_id == 0 {
            return Err(RejectCode::FirmZero);
        }
        let account = message.account.get();
        if account != 0 && self.accounts.get(&account).is_none_or(|it| it.firm_id != firm_id) {
            return Err(RejectCode::UnknownAccount);
        }
        let held = self.users.get(&user_id).copied();
        check_presence(message.action, held.is_some(), RejectCode::UnknownUser)?;
        if held.unwrap_or(firm_id) != firm_id {
            return Err(RejectCode::UnknownUser);
        }
        self.users.insert(user_id, firm_id);
        let mut report = UserDefinitionReport::new_zeroed();
        report.request_id.set(request.id);
        report.exec_id.set(effects.position());
        report.transact_time_ns.set(effects.now);
        report.seq_num.set(request.seq_num);
        report.user_id.set(user_id);
        report.firm_id.set(firm_id);
        report.account.set(account);
        report.action = message.action;
        effects.push(&report);
        Ok(())
    }

    /// The series of a new event, and the fee rates that the event gets.
    pub fn series_and_fees(
        &self,
        message: &EventDefinitionRequest,
    ) -> Result<(Option<Series>, u16, u16), RejectCode> {
        let mut rates = (message.maker_fee_rate.get(), message.taker_fee_rate.get());
        let mut series = None;
        if message.series_id.get() != 0 {
            let held = self.series.get(&message.series_id.get());
            let held = *held.ok_or(RejectCode::UnknownSeries)?;
            if rates.0 == 65_535 {
                rates.0 = held.maker_fee_rate;
            }
            if rates.1 == 65_535 {
                rates.1 = held.taker_fee_rate;
            }
            series = Some(held);
        }
        if rates.0 > 9_999 || rates.1 > 9_999 {
            return Err(RejectCode::FeeRateUnsupported);
        }
        Ok((series, rates.0, rates.1))
    }

    /// Gives a new event the parameters of its series.
    pub fn take_after(
        &mut self,
        request: &Request,
        series: Series,
        event_id: u32,
        effects: &mut Effects,
    ) {
        let parameters = &mut self.events[event_id as usize - 1].parameters;
        parameters.velocity = series.velocity;
        parameters.in_play_delay_ms = match series.velocity {
            1 => 1_000,
            2 => 3_000,
            _ => 5_000,
        };
        let mut report = EventParametersReport::new_zeroed();
        report.request_id.set(request.id);
        report.exec_id.set(effects.position());
        report.transact_time_ns.set(effects.now);
        report.seq_num.set(request.seq_num);
        report.event_id.set(event_id);
        report.in_play_delay_ms.set(parameters.in_play_delay_ms);
        report.velocity = parameters.velocity;
        effects.push(&report);
    }
}

fn check_form(action: u8, number: u32, most: u32, name: &[u8]) -> Result<(), RejectCode> {
    if action != DEFINE && action != UPDATE {
        return Err(RejectCode::InvalidAction);
    }
    if number == 0 || number > most {
        return Err(RejectCode::NumberOutOfRange);
    }
    let end = name.iter().position(|&byte| byte == 0).unwrap_or(name.len());
    let has_rest = name[end..].iter().any(|&byte| byte != 0);
    let Ok(text) = String::from_utf8(name[..end].to_vec()) else {
        return Err(RejectCode::InvalidName);
    };
    // The two blocks of control characters that Unicode has.
    let is_control = |it: char| it < ' ' || ('\u{7f}'..='\u{9f}').contains(&it);
    if text.is_empty() || has_rest || text.chars().any(is_control) {
        return Err(RejectCode::InvalidName);
    }
    Ok(())
}

fn check_presence(action: u8, is_there: bool, absent: RejectCode) -> Result<(), RejectCode> {
    match action {
        DEFINE if is_there => Err(RejectCode::AlreadyDefined),
        UPDATE if !is_there => Err(absent),
        _ => Ok(()),
    }
}

const DEFINE: u8 = 1;
const UPDATE: u8 = 2;
