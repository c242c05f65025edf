//! Parts of templates that are rendered once, for minijinja.

mod call;
mod key;
mod turn;

use std::error::Error as _;
use std::fmt;
use std::future::Future;
use std::sync::Arc;

use minijinja::value::Kwargs;
use minijinja::{Environment, State, Value};
use serde::Serialize;
use tokio::sync::Semaphore;

pub use self::key::fragment_key;

use crate::error::{Error, ErrorKind, Result};
use crate::load::Chain;
use crate::region::Region;
use crate::tasks::blocking;

/// Parts of templates that are rendered once and kept in a region: a function `cache` for minijinja.
///
/// ```
/// use std::sync::Arc;
/// use minijinja::{Environment, context};
/// use region_cache::fragments::Fragments;
/// # use region_cache::Cache;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> region_cache::Result<()> {
/// let fragments = Fragments::new(Cache::in_memory().region("shop.fragments"));
/// let mut env = Environment::new();
/// fragments.add_to(&mut env);
/// env.add_template("page.html", r#"
///     {% call cache("sidebar", ttl="5m", vary=[user.id]) %}
///         <p>Hello {{ user.name }}</p>
///     {% endcall %}"#)
///     .unwrap();
/// let env = Arc::new(env);
///
/// let user = context! { user => context! { id => 7, name => "Ada" } };
/// let page = fragments.render(&env, "page.html", user).await?;
/// assert!(page.contains("<p>Hello Ada</p>"));
///
/// let renamed = context! { user => context! { id => 7, name => "Countess" } };
/// assert!(fragments.render(&env, "page.html", renamed).await?.contains("Ada"), "it is cached");
/// assert!(fragments.remove("sidebar", &[7]).await?);
/// # Ok(())
/// # }
/// ```
///
/// # In templates
///
/// `{% call cache(name, ttl=.., vary=.., region=..) %} .. {% endcall %}` stands for its body. Only the name
/// must be given. The first who needs a fragment renders it, and whoever needs it meanwhile, in this process
/// or another, waits for that one.
///
/// - `vary`: whatever the body depends on, such as `[user.id, language]`. Each gets a fragment of its own.
///   Something undefined in it is an error, because all would share the fragment.
/// - `ttl`: how long it lives, such as `"5m"` or `"1h30m"`; `"never"` for without end. Default: the region's.
/// - `region`: the path of another region of the same cache, such as `"shop.catalog"`, with which the
///   fragment falls.
///
/// Where a template is rendered other than by these methods, say in a test, the body is rendered each time.
/// The [guide](crate::guide::fragments) has more.
#[derive(Clone)]
pub struct Fragments {
    region: Region,
    /// Each rendering takes a thread, which may have to wait for other renderings.
    threads: Arc<Semaphore>,
}

impl Fragments {
    /// Fragments that are kept in this region, with its options, unless they name another.
    pub fn new(region: Region) -> Self {
        Self { region, threads: Arc::new(Semaphore::new(MOST_AT_ONCE)) }
    }

    /// Gives an environment the function `cache`.
    pub fn add_to(&self, env: &mut Environment<'_>) {
        let region = self.region.clone();
        env.add_function("cache", move |state: &mut State<'_, '_>, name: &str, args: Kwargs| {
            call::cache(&region, state, name, &args)
        });
    }

    /// The region that keeps the fragments: to invalidate them all, or to bind it to signals.
    pub fn region(&self) -> &Region {
        &self.region
    }

    /// Renders a template, with its fragments from the cache. It runs on a thread for blocking work, of
    /// at most 64 at a time for each `Fragments` and its clones.
    ///
    /// Dropping the future does not stop a rendering that has begun; what it renders is cached.
    ///
    /// # Errors
    ///
    /// Whatever the template fails with: [`Other`](ErrorKind::Other), or the kind of what failed in
    /// the cache, where that was the reason; the `minijinja::Error` is found by
    /// [`downcast_ref`](Error::downcast_ref). [`Panic`](ErrorKind::Panic) where something that the
    /// template calls panicked, and [`Config`](ErrorKind::Config) outside a tokio runtime.
    pub fn render(
        &self,
        env: &Arc<Environment<'static>>,
        template: impl Into<String>,
        context: impl Into<Value>,
    ) -> impl Future<Output = Result<String>> + Send + 'static {
        let (env, template, context) = (Arc::clone(env), template.into(), context.into());
        self.run(move || env.get_template(&template)?.render(context))
    }

    /// Runs anything that renders with minijinja, such as a single block of a template, with fragments
    /// from the cache.
    ///
    /// # Errors
    ///
    /// As for [`render`](Self::render).
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use minijinja::{Environment, context};
    /// # use region_cache::{Cache, fragments::Fragments};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> region_cache::Result<()> {
    /// # let fragments = Fragments::new(Cache::in_memory().region("shop.fragments"));
    /// # let mut env = Environment::new();
    /// # fragments.add_to(&mut env);
    /// let mail = "{% call cache('footer') %}Regards, {{ shop }}{% endcall %}";
    /// let env = Arc::new(env);
    /// let text = fragments.run(move || env.render_str(mail, context! { shop => "Anvils" })).await?;
    /// assert_eq!(text, "Regards, Anvils");
    /// # Ok(())
    /// # }
    /// ```
    pub fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> std::result::Result<T, minijinja::Error> + Send + 'static,
    ) -> impl Future<Output = Result<T>> + Send + 'static {
        let threads = Arc::clone(&self.threads);
        async move {
            let chain = Chain::current();
            // It is never closed.
            let thread = threads.acquire_owned().await;
            let ended = blocking(move || {
                let _held_until_it_has_ended = thread;
                turn::within(chain, work)
            });
            match ended.await {
                Some(Ok(rendered)) => rendered.map_err(failed),
                Some(Err(ended)) if ended.is_panic() => {
                    Err(Error::new(ErrorKind::Panic, "rendering a template panicked")
                        .because(ended))
                }
                Some(Err(_)) => Err(Error::new(ErrorKind::Closed, "the runtime was shut down")),
                None => Err(Error::new(
                    ErrorKind::Config,
                    "there is no tokio runtime to render on; call this within one",
                )),
            }
        }
    }

    /// Removes one fragment: `{% cache timeout, 'del' %}`, said by whoever changed what is in it.
    /// `vary` is what the template has, as for [`fragment_key`]; `&()` where it has none.
    ///
    /// # Errors
    ///
    /// As for [`Region::remove`].
    pub async fn remove(&self, name: &str, vary: &(impl Serialize + ?Sized)) -> Result<bool> {
        let key = fragment_key(name, vary);
        self.region.remove(key).await
    }
}

impl fmt::Debug for Fragments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fragments").field("region", &self.region).finish_non_exhaustive()
    }
}

/// The error of a template, of the kind of what the cache failed with, if it was that.
fn failed(error: minijinja::Error) -> Error {
    let mut cause = error.source();
    let kind = loop {
        match cause {
            None => break ErrorKind::Other,
            Some(some) => match some.downcast_ref::<Error>() {
                Some(ours) => break ours.kind(),
                None => cause = some.source(),
            },
        }
    };
    Error::new(kind, error.to_string()).because(error)
}

/// Threads for blocking work are the runtime's, and others need some too.
const MOST_AT_ONCE: usize = 64;
