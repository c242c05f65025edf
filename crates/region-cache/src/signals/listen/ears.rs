//! What a listener listens to.

use futures::future::{Either, select};
use futures::stream::{BoxStream, StreamExt};

use crate::bus::News;

/// What is listened to; and, until that is up, what was listened to before: nothing is missed between.
pub(super) struct Ears {
    pub(super) news: BoxStream<'static, News>,
    pub(super) before: Option<BoxStream<'static, News>>,
}

impl Ears {
    pub(super) async fn next(&mut self) -> Option<News> {
        loop {
            let Some(before) = &mut self.before else { return self.news.next().await };
            let news = match select(self.news.next(), before.next()).await {
                Either::Left((news, _)) => news,
                // How the old one is does not matter any more.
                Either::Right((Some(message @ (News::Message(..) | News::Gap)), _)) => {
                    return Some(message);
                }
                Either::Right((Some(News::Up | News::Down), _)) => continue,
                Either::Right((None, _)) => {
                    self.before = None;
                    continue;
                }
            };
            if news == Some(News::Up) {
                self.before = None;
            }
            return news;
        }
    }
}
