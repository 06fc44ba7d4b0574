//! What outlasts the program: vectors and what was taught, given out to be kept and taken back as they were.
//!
//! Knows nothing of where they are kept.

use super::{Engine, EngineError, PassageIndex, Tower, Tuned, new_index};
use crate::data::folded;
use crate::encoder::Learned;
use crate::export::{BASE_MODEL, ExportedFile, KeptVectors, Maker, read_learned, write_learned};
use crate::train::Towers;
use std::collections::HashSet;

impl Engine {
    /// Writes the passages' vectors by a tower, as [`KeptVectors`] reads them.
    ///
    /// # Errors
    /// [`EngineError::NotReady`] if the passages are not all embedded.
    pub fn passage_vectors(&self, tower: Tower) -> Result<Vec<u8>, EngineError> {
        let index = self.index_of(tower)?.index();
        let passages = self.shelf()?.collection.corpus.passages();
        let texts: Vec<String> = passages.iter().map(|passage| passage.embedding_text()).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let vectors: Vec<f32> =
            (0..texts.len()).filter_map(|position| index.vector(position)).flatten().collect();
        Ok(KeptVectors::write(&texts, &vectors, index.width(), self.model.maker().as_ref())?)
    }

    /// Takes vectors that the base model made earlier: what they cover of the open collection is not embedded again.
    ///
    /// # Errors
    /// [`EngineError::NotReady`] if no collection is open, [`EngineError::OtherVectors`] if another model made them; [`EngineError::Retrieve`] if
    /// one of them is not finite. What was there is kept then.
    pub fn take_vectors(&mut self, vectors: KeptVectors) -> Result<(), EngineError> {
        self.check_vectors(vectors.width(), vectors.maker())?;
        let shelf = self.shelf.as_mut().ok_or(EngineError::NotReady(super::NO_COLLECTION))?;
        if shelf.index.is_some() {
            return Ok(());
        }
        match shelf.index_from(&vectors)? {
            Some(index) => shelf.index = Some(PassageIndex::new(index, &self.backend.baseline())),
            None => shelf.kept = vectors,
        }
        Ok(())
    }

    /// Writes what was taught or loaded as files.
    ///
    /// # Errors
    /// [`EngineError::NotReady`] if nothing was taught.
    pub fn learned_files(&self) -> Result<Vec<ExportedFile>, EngineError> {
        let (learned, towers) = self.learned()?;
        Ok(write_learned(learned, towers, &self.model.weights, &self.model.recipe())?)
    }

    /// Every query that taught what is the state after teaching, folded, in order; none are known of what was loaded.
    ///
    /// # Errors
    /// [`EngineError::NotReady`] if nothing was taught.
    pub fn taught_on(&self) -> Result<Vec<String>, EngineError> {
        let mut queries: Vec<String> = self.tuned()?.taught_on.iter().cloned().collect();
        queries.sort_unstable();
        Ok(queries)
    }

    /// Takes back what was taught earlier, with the queries that taught it; `vectors` are the passages as it embeds
    /// them, used if it moves passages and they cover all of them.
    ///
    /// # Errors
    /// [`EngineError::NotReady`] if a query that taught it is judged by now, [`EngineError::OtherVectors`] if another model made the
    /// vectors, [`EngineError::Encoder`] if it does not fit the model. The old state is kept then.
    pub fn restore_learned(
        &mut self,
        learned: Learned,
        towers: Towers,
        taught_on: &[String],
        vectors: &KeptVectors,
    ) -> Result<(), EngineError> {
        self.check_vectors(vectors.width(), vectors.maker())?;
        let taught_on: HashSet<String> = taught_on.iter().map(|query| folded(query)).collect();
        self.check_not_judged(&taught_on)?;
        let index = match towers {
            Towers::Both => {
                let index = self.shelf()?.index_from(vectors)?;
                index.map(|index| PassageIndex::new(index, &self.backend.baseline()))
            }
            Towers::Query => None,
        };
        let tuned = self.set_tuned(learned, towers)?;
        (tuned.index, tuned.taught_on) = (index, taught_on);
        Ok(())
    }

    pub(super) fn check_not_judged(&self, taught_on: &HashSet<String>) -> Result<(), EngineError> {
        if taught_on.is_disjoint(&self.collection()?.judged_texts()) {
            return Ok(());
        }
        Err(EngineError::NotReady("a query that was taught is judged by now"))
    }

    /// Reads what was taught of this model from files.
    ///
    /// # Errors
    /// [`EngineError::Export`] if a file is missing, does not fit the model, or says that it was made for another one.
    pub fn read_learned(&self, files: &[ExportedFile]) -> Result<(Learned, Towers), EngineError> {
        Ok(read_learned(files, &self.model.config, &self.model.recipe())?)
    }

    /// Vectors without a maker are those of the model that ships; 0 is the width of vectors that are not there.
    pub(super) fn check_vectors(&self, width: usize, maker: Option<&Maker>) -> Result<(), EngineError> {
        let is_made_here = maker.map(|maker| &maker.id) == self.model.vectors_id().as_ref();
        if width == 0 || (is_made_here && width == self.model.config.hidden_size) {
            return Ok(());
        }
        let made_by = maker.map_or(BASE_MODEL, |maker| &maker.name).to_owned();
        Err(EngineError::OtherVectors { made_by, model: self.model.in_words() })
    }

    pub(super) fn tuned(&self) -> Result<&Tuned, EngineError> {
        self.tuned.as_ref().ok_or(EngineError::NotReady("nothing was taught yet"))
    }
}

impl super::Shelf {
    /// The index from vectors made earlier, if they cover every passage.
    pub(super) fn index_from(&self, known: &KeptVectors) -> Result<Option<super::Index>, EngineError> {
        let mut vectors = Vec::new();
        for passage in self.collection.corpus.passages() {
            let Some(vector) = known.get(&passage.embedding_text()) else { return Ok(None) };
            vectors.extend_from_slice(vector);
        }
        Ok(Some(new_index(&self.collection, vectors, known.width())?))
    }
}
