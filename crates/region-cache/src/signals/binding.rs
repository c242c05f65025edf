//! Binding regions to signals.

use std::fmt;
use std::sync::Arc;

use crate::bus::Interest;
use crate::engine::Engine;
use crate::error::Result;
use crate::hub::{Choose, MARK};
use crate::link::Effect;
use crate::name::Address;
use crate::signal::{Bound, Patterns, check_pattern};

/// A region bound to signals: see [`Region::invalidate_on`](crate::Region::invalidate_on). Dropping this
/// changes nothing.
#[derive(Clone)]
pub struct Binding {
    engine: Arc<Engine>,
    region: Address,
    signals: Vec<String>,
    kind: Kind,
}

#[derive(Clone, Debug)]
enum Kind {
    /// The texts by which it is kept.
    Durable(Vec<String>),
    Closure(u64),
}

impl Binding {
    /// The path of the region that falls.
    pub fn region(&self) -> &str {
        self.region.path()
    }

    /// The names and patterns of the signals.
    pub fn signals(&self) -> &[String] {
        &self.signals
    }

    /// Whether it is kept with the data, and so outlives this process. One with a closure is not.
    pub fn is_durable(&self) -> bool {
        matches!(self.kind, Kind::Durable(_))
    }

    /// Ends the binding, for every process; whether it was there.
    ///
    /// # Errors
    ///
    /// [`Unavailable`](crate::ErrorKind::Unavailable) and its kin where the backend does not answer. The
    /// binding then stands.
    pub async fn unbind(self) -> Result<bool> {
        let Self { engine, kind, .. } = &self;
        match kind {
            Kind::Closure(number) => Ok(engine.hub.remove_closure(*number)),
            Kind::Durable(texts) => {
                let mut was_there = false;
                for text in texts {
                    let namespace = engine.namespace.as_str();
                    let unbind = engine.hub.bus.unbind(namespace, text);
                    was_there |= engine.link.in_time(Effect::Changes, unbind).await?;
                    engine.hub.forget(text);
                }
                Ok(was_there)
            }
        }
    }
}

impl fmt::Debug for Binding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Binding")
            .field("region", &self.region())
            .field("signals", &self.signals)
            .field("durable", &self.is_durable())
            .finish()
    }
}

impl Engine {
    pub(crate) async fn bind(
        self: Arc<Self>,
        region: Address,
        patterns: Patterns,
    ) -> Result<Binding> {
        patterns.check()?;
        let Patterns { names: signals, what } = patterns;
        let mut texts = Vec::new();
        for on in &signals {
            let bound = Bound::new(on, &region, &what);
            let text = bound.text();
            self.keep(&text).await?;
            self.hub.remember(bound);
            texts.push(text);
        }
        // So that foreign signals are heard; what our own processes emit finds the binding by itself.
        self.listen(Interest::Signals);
        Ok(Binding { engine: self, region, signals, kind: Kind::Durable(texts) })
    }

    /// Has a binding kept, and before it the mark by which it is seen that none were lost.
    pub(super) async fn keep(&self, text: &str) -> Result<()> {
        for text in [MARK, text] {
            let bind = self.hub.bus.bind(self.namespace.as_str(), text);
            self.link.in_time(Effect::Changes, bind).await?;
        }
        Ok(())
    }

    pub(crate) async fn bind_with(
        self: Arc<Self>,
        region: Address,
        patterns: Patterns,
        choose: Choose,
    ) -> Result<Binding> {
        let Patterns { names: signals, .. } = patterns;
        signals.iter().try_for_each(|name| check_pattern(name))?;
        self.listen_from_now(Interest::Signals).await?;
        let number = self.hub.add_closure(signals.clone(), region.clone(), choose);
        Ok(Binding { engine: self, region, signals, kind: Kind::Closure(number) })
    }

    pub(crate) async fn bindings(self: Arc<Self>, region: Address) -> Result<Vec<Binding>> {
        let bindings = self.hub.bus.bindings(self.namespace.as_str());
        let texts = self.link.in_time(Effect::Reads, bindings).await?;
        let bound = texts.into_iter().filter_map(|text| Some((Bound::parse(&text)?, text)));
        let durable = bound.filter(|(bound, _)| bound.region == region.path());
        let durable = durable.map(|(bound, text)| (vec![bound.on], Kind::Durable(vec![text])));
        let closures = self.hub.closures().into_iter().filter(|closure| closure.region == region);
        let closures = closures.map(|c| (c.patterns.clone(), Kind::Closure(c.number)));
        let binding = |(signals, kind)| Binding {
            engine: Arc::clone(&self),
            region: region.clone(),
            signals,
            kind,
        };
        let mut all: Vec<Binding> = durable.chain(closures).map(binding).collect();
        all.sort_by(|one, other| one.signals.cmp(&other.signals));
        Ok(all)
    }
}
