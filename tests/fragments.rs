//! Template fragments. The first part is named after what they replace, Flask-Caching's `{% cache %}`.

mod arguments;
mod concurrent;
mod escaping;
mod flask;
mod nested;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use minijinja::{Environment, Value};
use region_cache::fragments::Fragments;
use region_cache::{Cache, Result};

/// A site of one page, whose template may call `count()`: how often that was called.
struct Site {
    cache: Cache,
    fragments: Fragments,
    env: Arc<Environment<'static>>,
    counted: Arc<AtomicU64>,
}

impl Site {
    /// In memory, with this page.
    fn new(page: &'static str) -> Self {
        Self::on(&Cache::in_memory(), page)
    }

    fn on(cache: &Cache, page: &'static str) -> Self {
        Self::with(cache, &[("page.html", page)], |_| ())
    }

    /// With these templates, and whatever else they need.
    fn with(
        cache: &Cache,
        templates: &[(&'static str, &'static str)],
        more: impl FnOnce(&mut Environment<'static>),
    ) -> Self {
        let fragments = Fragments::new(cache.region("site.fragments"));
        let counted = Arc::<AtomicU64>::default();
        let counter = Arc::clone(&counted);
        let mut env = Environment::new();
        fragments.add_to(&mut env);
        env.add_function("count", move || counter.fetch_add(1, Ordering::SeqCst) + 1);
        for (name, text) in templates {
            env.add_template(name, text).unwrap();
        }
        more(&mut env);
        Self { cache: cache.clone(), fragments, env: Arc::new(env), counted }
    }

    /// The page, without the space around it.
    async fn page(&self, context: impl Into<Value>) -> String {
        self.try_page(context).await.unwrap()
    }

    async fn try_page(&self, context: impl Into<Value>) -> Result<String> {
        let page = self.fragments.render(&self.env, "page.html", context).await?;
        Ok(page.trim().to_owned())
    }

    fn counted(&self) -> u64 {
        self.counted.load(Ordering::SeqCst)
    }
}
