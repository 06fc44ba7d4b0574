//! The message loop: requests run in their order, but for searching and for giving out what there is, which are
//! answered between the steps of long work, and for pause, stop and cancel, which act at once.

use super::convert;
use super::failure::{Stop, failure};
use super::fetch::scope;
use super::protocol::{Envelope, Event, Progress, Reply, Request};
use super::session::Session;
use crate::train::TrainSettings;
use gloo::timers::future::TimeoutFuture;
use serde::Serialize;
use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;
use wasm_bindgen::prelude::{Closure, wasm_bindgen};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::MessageEvent;

/// What a person has asked of a running request.
#[derive(Debug, Default)]
pub(super) struct Wishes {
    paused: Cell<bool>,
    stopped: Cell<bool>,
    cancelled: Cell<bool>,
}

/// A request's way back to the page.
#[derive(Clone)]
pub(super) struct Caller {
    request_id: u32,
    wishes: Rc<Wishes>,
}

impl Caller {
    /// Tells the page how far the request is.
    pub(super) fn progress(&self, progress: Progress) {
        post(&Event::Progress { request_id: self.request_id, progress });
    }

    /// Lets waiting messages in; ends the request if the person has given it up.
    pub(super) async fn breathe(&self) -> Result<(), Stop> {
        TimeoutFuture::new(0).await;
        if self.wishes.cancelled.get() { Err(Stop::Cancelled) } else { Ok(()) }
    }

    /// Whether the person wants to end here and keep what there is.
    pub(super) fn is_stopped(&self) -> bool {
        self.wishes.stopped.get()
    }

    /// Whether the person wants it to stand still.
    pub(super) fn is_paused(&self) -> bool {
        self.wishes.paused.get()
    }

    /// Waits while the person has paused; returns the milliseconds waited.
    pub(super) async fn wait_while_paused(&self) -> Result<f64, Stop> {
        let start = js_sys::Date::now();
        while self.wishes.paused.get() && !self.is_stopped() {
            TimeoutFuture::new(50).await;
            self.breathe().await?;
        }
        Ok(js_sys::Date::now() - start)
    }
}

#[derive(Default)]
struct Worker {
    session: Session,
    waiting: RefCell<VecDeque<(Caller, Request)>>,
    running: RefCell<HashMap<u32, Rc<Wishes>>>,
    /// Whether the request at the head of the queue takes long and can be interleaved with a search.
    is_long: Cell<bool>,
    is_busy: Cell<bool>,
}

/// Starts to answer the page's messages.
#[wasm_bindgen]
pub fn start() {
    std::panic::set_hook(Box::new(|panic| web_sys::console::error_1(&panic.to_string().into())));
    let worker = Rc::new(Worker::default());
    let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        match serde_wasm_bindgen::from_value::<Envelope>(event.data()) {
            Ok(envelope) => worker.clone().take(envelope),
            Err(error) => refuse(&event.data(), &error.to_string()),
        }
    });
    scope().set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    on_message.forget();
    let defaults = (&TrainSettings::default()).into();
    post(&Event::Ready { defaults, methods: convert::methods(), scopes: convert::scopes() });
}

impl Worker {
    fn take(self: Rc<Self>, Envelope { request_id, request }: Envelope) {
        if self.act_on_wish(&request) {
            finish(request_id, Ok(Reply::Nothing {}));
            return;
        }
        let wishes = Rc::new(Wishes::default());
        self.running.borrow_mut().insert(request_id, Rc::clone(&wishes));
        let caller = Caller { request_id, wishes };
        let interleaved = matches!(
            request,
            Request::Search { .. }
                | Request::Embed { .. }
                | Request::FeedbackOn { .. }
                | Request::Judge { .. }
                | Request::Vectors { .. }
                | Request::ExportAdapter {}
        );
        if interleaved && self.is_long.get() {
            spawn_local(async move { self.answer(caller, request).await });
            return;
        }
        self.waiting.borrow_mut().push_back((caller, request));
        if !self.is_busy.replace(true) {
            spawn_local(async move { self.work_off().await });
        }
    }

    /// Acts on pause, resume, stop and cancel, and says whether it was one; a target that has ended is no error.
    fn act_on_wish(&self, request: &Request) -> bool {
        let (target, act): (u32, fn(&Wishes)) = match *request {
            Request::Pause { target } => (target, |wishes| wishes.paused.set(true)),
            Request::Resume { target } => (target, |wishes| wishes.paused.set(false)),
            Request::Stop { target } => (target, |wishes| wishes.stopped.set(true)),
            Request::Cancel { target } => (target, |wishes| wishes.cancelled.set(true)),
            _ => return false,
        };
        if let Some(wishes) = self.running.borrow().get(&target) {
            act(wishes);
        }
        true
    }

    async fn work_off(self: Rc<Self>) {
        loop {
            let next = self.waiting.borrow_mut().pop_front();
            let Some((caller, request)) = next else { break };
            let is_long = matches!(
                request,
                Request::Index { .. }
                    | Request::Evaluate {}
                    | Request::Teach { .. }
                    | Request::Compare { .. }
                    | Request::Map {}
                    | Request::ExportEvaluation { .. }
                    | Request::Ask { .. }
                    | Request::Audit {}
                    | Request::Experiment { .. }
                    | Request::ExportModel {}
                    | Request::LoadAdapter { .. }
            );
            self.is_long.set(is_long);
            self.answer(caller, request).await;
            self.is_long.set(false);
        }
        self.is_busy.set(false);
    }

    async fn answer(&self, caller: Caller, request: Request) {
        let request_id = caller.request_id;
        let outcome = match caller.breathe().await {
            Ok(()) => self.session.answer(&caller, request).await,
            Err(stop) => Err(stop),
        };
        self.running.borrow_mut().remove(&request_id);
        finish(request_id, outcome);
    }
}

fn finish(request_id: u32, outcome: Result<Reply, Stop>) {
    post(&match outcome {
        Ok(reply) => Event::Done { request_id, reply },
        Err(Stop::Cancelled) => Event::Cancelled { request_id },
        Err(Stop::Failed(failure)) => Event::Failed { request_id, failure: *failure },
    });
}

/// Answers a message that is not of the protocol, as far as it can be told whose it was.
fn refuse(message: &JsValue, reason: &str) {
    let id = js_sys::Reflect::get(message, &"request_id".into()).ok().and_then(|id| id.as_f64());
    let stop = failure("engine", format!("The page sent a message that is not understood: {reason}."), "");
    finish(id.unwrap_or_default() as u32, Err(stop));
}

/// Sends an event; bytes travel as transferred buffers.
fn post(event: &Event) {
    let serializer = serde_wasm_bindgen::Serializer::new().serialize_missing_as_null(true);
    let sent = match event.serialize(&serializer) {
        Ok(message) => scope().post_message_with_transfer(&message, &buffers(event, &message)),
        Err(error) => Err(error.into()),
    };
    if let Err(error) = sent {
        web_sys::console::error_1(&error);
    }
}

/// The buffers inside a message that carries bytes.
fn buffers(event: &Event, message: &JsValue) -> js_sys::Array {
    let buffers = js_sys::Array::new();
    let get = |value: &JsValue, key: &str| js_sys::Reflect::get(value, &key.into()).unwrap_or_default();
    let push = |bytes: JsValue| {
        if let Ok(bytes) = bytes.dyn_into::<js_sys::Uint8Array>() {
            buffers.push(&bytes.buffer());
        }
    };
    let reply = get(message, "reply");
    match event {
        Event::Progress { progress: Progress::Vectors { .. }, .. } => {
            push(get(&get(message, "progress"), "bytes"));
        }
        Event::Done { reply: Reply::Embeddings { .. } | Reply::Vectors { .. }, .. } => {
            push(get(&reply, "bytes"));
        }
        Event::Done { reply: Reply::Adapter { .. }, .. } => {
            for file in js_sys::Array::from(&get(&reply, "files")).iter() {
                push(get(&file, "bytes"));
            }
        }
        Event::Done { reply: Reply::Asks(_), .. } => {
            for file in js_sys::Array::from(&get(&reply, "files")).iter() {
                push(get(&file, "bytes"));
            }
        }
        Event::Done { reply: Reply::Answers(_) | Reply::Model { .. }, .. } => {
            push(get(&get(&reply, "file"), "bytes"));
        }
        Event::Done { reply: Reply::File(_), .. } => push(get(&reply, "bytes")),
        _ => {}
    }
    buffers
}
