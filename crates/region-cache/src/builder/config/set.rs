//! What each setting does.

use std::fmt::Display;

use ::config::ValueKind;

use super::given::{Given, URL, Wrong};
use super::read::{REGIONS, sorted};
use crate::builder::CacheBuilder;
use crate::codec::{Bincode, Json, MessagePack};
use crate::error::{Error, ErrorKind, Result};
use crate::name::Namespace;
use crate::options::{OnUnavailable, RefreshAhead, RegionOptions};

/// Lays settings over those that a builder has.
pub(super) fn all(builder: CacheBuilder, given: Vec<Given>) -> Result<CacheBuilder> {
    given.into_iter().try_fold(builder, |builder, given| {
        if given.name == REGIONS {
            regions(builder, given)
        } else if let Some((_, set)) = CACHE.iter().find(|(name, _)| *name == given.name) {
            set(builder, &given).map_err(|wrong| given.wrong(wrong))
        } else {
            Ok(builder.options(option(&given)?))
        }
    })
}

/// The settings of regions, by their paths.
fn regions(builder: CacheBuilder, given: Given) -> Result<CacheBuilder> {
    let place = given.place.clone();
    let ValueKind::Table(table) = given.value else {
        return Err(
            given.wrong("it holds a table for each region, such as `[regions.\"shop.sessions\"]`")
        );
    };
    sorted(table, &place).into_iter().try_fold(builder, region)
}

/// The settings of one region, and of those whose tables stand within its own.
fn region(builder: CacheBuilder, given: Given) -> Result<CacheBuilder> {
    let place = given.place.of_region(&given.name);
    let path = place.region.clone().unwrap_or_default();
    let wrong = |wrong: &dyn Display| {
        Error::new(ErrorKind::Config, format!("{} in {}: {wrong}", REGIONS, place.file()))
    };
    Namespace::default().address(&path).map_err(|error| wrong(&error))?;
    let ValueKind::Table(table) = given.value else {
        return Err(wrong(&format!(
            "`{path}` is no table of settings, such as `{{ttl = \"30m\"}}`"
        )));
    };
    let (beneath, own): (Vec<_>, Vec<_>) = sorted(table, &place).into_iter().partition(is_region);
    let options = own.iter().try_fold(RegionOptions::new(), |options, given| {
        option(given).map(|option| option.over(&options))
    })?;
    let builder = builder.region(path, options);
    beneath.into_iter().try_fold(builder, region)
}

/// Whether it is a region within another's table: no setting is a table.
fn is_region(given: &Given) -> bool {
    matches!(given.value, ValueKind::Table(_)) && REGION.iter().all(|(name, _)| *name != given.name)
}

/// The option that a setting stands for.
fn option(given: &Given) -> Result<RegionOptions> {
    let Some((_, set)) = REGION.iter().find(|(name, _)| *name == given.name) else {
        return Err(unknown(given));
    };
    let options = set(RegionOptions::new(), given).map_err(|wrong| given.wrong(wrong))?;
    options.check().map_err(|error| given.wrong(error))?;
    Ok(options)
}

/// The names of all settings.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    let of_regions = REGION.iter().map(|(name, _)| *name);
    CACHE.iter().map(|(name, _)| *name).chain([REGIONS]).chain(of_regions)
}

fn unknown(given: &Given) -> Error {
    let of_regions = REGION.iter().map(|(name, _)| *name);
    if given.place.region.is_none() {
        given.unknown(&names().collect::<Vec<_>>())
    } else if CACHE.iter().any(|(name, _)| *name == given.name) {
        given.misplaced()
    } else {
        given.unknown(&of_regions.collect::<Vec<_>>())
    }
}

/// Sets something to what was written.
type Set<T> = fn(T, &Given) -> Result<T, Wrong>;

/// The settings of a whole cache.
const CACHE: [(&str, Set<CacheBuilder>); 7] = [
    (URL, |builder, given| {
        let named =
            CacheBuilder { url_from: Some(given.to_string()), ..builder.url(given.text()?) };
        Ok(named)
    }),
    ("namespace", |builder, given| {
        let namespace = given.text()?;
        Namespace::parse(namespace).map_err(|error| error.to_string())?;
        Ok(builder.namespace(namespace))
    }),
    ("memory_capacity", |builder, given| Ok(builder.memory_capacity(given.size()?))),
    ("file_capacity", |builder, given| Ok(builder.file_capacity(given.size()?))),
    ("operation_timeout", |builder, given| {
        let timeout = given.span()?;
        if timeout.is_zero() {
            Err(ZERO.to_owned())
        } else {
            Ok(builder.operation_timeout(timeout))
        }
    }),
    ("connect_lazily", |builder, given| Ok(builder.connect_lazily(given.flag()?))),
    ("on_unavailable", |builder, given| {
        let choices = [("compute", OnUnavailable::Compute), ("error", OnUnavailable::Error)];
        Ok(builder.on_unavailable(given.choice(&choices)?))
    }),
];

/// The settings that a region may have of its own.
const REGION: [(&str, Set<RegionOptions>); 13] = [
    ("ttl", |options, given| Ok(options.ttl(given.span()?))),
    ("refresh_ttl_on_write", |options, given| Ok(options.refresh_ttl_on_write(given.flag()?))),
    ("entry_ttl", |options, given| {
        if given.is_never() {
            return Ok(options.no_ttl());
        }
        let ttl = given.span().map_err(|wrong| format!("{wrong}; or `never`"))?;
        Ok(options.entry_ttl(ttl))
    }),
    ("ttl_jitter", |options, given| Ok(options.ttl_jitter(given.number()?))),
    ("negative_ttl", |options, given| Ok(options.negative_ttl(given.span()?))),
    ("stale_for", |options, given| Ok(options.stale_for(given.span()?))),
    ("refresh_ahead", |options, given| Ok(options.refresh_ahead(refresh_ahead(given)?))),
    ("soft_timeout", |options, given| Ok(options.soft_timeout(given.span()?))),
    ("compute_timeout", |options, given| Ok(options.compute_timeout(given.span()?))),
    ("codec", |options, given| {
        let choose: Choose = given.choice(&CODECS)?;
        Ok(choose(options))
    }),
    ("compress_above", |options, given| {
        if given.is_never() {
            return Ok(options.compress_above(usize::MAX));
        }
        let bytes = given.length().map_err(|wrong| format!("{wrong}; or `never`"))?;
        Ok(options.compress_above(bytes))
    }),
    ("max_value_bytes", |options, given| Ok(options.max_value_bytes(given.length()?))),
    ("schema", |options, given| match &given.value {
        ValueKind::I64(number) => Ok(options.schema(*number)),
        _ => Ok(options.schema(given.text().map_err(|_| "it is a number or a text")?)),
    }),
];

/// A share of the time to live, or the cost, with how many times it counts.
fn refresh_ahead(given: &Given) -> Result<RefreshAhead, Wrong> {
    if let Ok(share) = given.number() {
        return Ok(RefreshAhead::at(share));
    }
    let times = given.text().ok().and_then(|text| text.strip_prefix("by-cost"));
    match times.map(str::trim) {
        Some("") => Ok(RefreshAhead::by_cost()),
        Some(times) => times.parse().map(RefreshAhead::by_cost_times).map_err(|_| AHEAD.to_owned()),
        None => Err(AHEAD.to_owned()),
    }
}

type Choose = fn(RegionOptions) -> RegionOptions;

const CODECS: [(&str, Choose); 3] = [
    ("message-pack", |options| options.codec(MessagePack)),
    ("json", |options| options.codec(Json)),
    ("bincode", |options| options.codec(Bincode)),
];

const AHEAD: &str =
    "it is a share of the time to live, such as `0.8`, or `by-cost`, or `by-cost 1.5`";

const ZERO: &str = "nothing could ever be answered in time; the default is `1s`";
