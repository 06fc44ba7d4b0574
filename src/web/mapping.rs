//! The map as the page sees it: names and places of the passages, and where each judged query went.

use super::failure::Stop;
use super::protocol::{MapInfo, MapPassage, MapQuery, Reply};
use super::session::{Answer, Session};
use super::worker::Caller;
use crate::data::{Collection, Passage};
use crate::engine::{MappedCollection, MappedQuery};
use crate::train::Towers;

/// Characters of a passage without a title that name it.
const NAME_CHARS: usize = 80;

impl Session {
    /// Places passages and judged queries on a plane.
    pub(super) async fn map(&self, caller: &Caller) -> Answer {
        let mut job = self.engine()?.mapping()?;
        while job.advance().await? {
            caller.breathe().await?;
        }
        let mapped = job.finish()?;
        let collection = self.engine()?.collection()?.clone();
        let passages_moved = self.have_passages_moved()?;
        Ok(Reply::Map(map_info(&collection, mapped, passages_moved)))
    }

    fn have_passages_moved(&self) -> Result<bool, Stop> {
        Ok(self.engine()?.learned()?.1 == Towers::Both)
    }
}

fn map_info(collection: &Collection, mapped: MappedCollection, passages_moved: bool) -> MapInfo {
    let all = collection.corpus.passages();
    let passage = |&(position, [x, y]): &(usize, [f32; 2])| {
        Some(MapPassage { name: name(all.get(position)?), x: x.into(), y: y.into() })
    };
    let passages: Vec<MapPassage> = mapped.passages.iter().filter_map(passage).collect();
    MapInfo {
        shares: mapped.shares,
        left_out: (all.len() - passages.len()) as u32,
        passages,
        passages_moved,
        queries: mapped.queries.into_iter().map(query).collect(),
        neighbors: mapped.neighbors as u32,
    }
}

fn query(query: MappedQuery) -> MapQuery {
    MapQuery {
        query_id: query.query_id,
        before: query.before.map(f64::from),
        after: query.after.map(f64::from),
        kept: query.kept as u32,
    }
}

fn name(passage: &Passage) -> String {
    let text = if passage.title.trim().is_empty() { &passage.text } else { &passage.title };
    text.trim().chars().take(NAME_CHARS).collect()
}
