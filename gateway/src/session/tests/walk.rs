//! Random walks of clients, streams and time against a small engine that follows the rules of
//! sessions (docs/engine-rules.md, section 2): whenever everything has been answered, core and
//! engine agree on who is established. No command is both refused and forwarded, and the engine
//! applies no order of another image than the one whose Establish it accepted last.

use std::collections::{BTreeMap, VecDeque};

use forecastle_proto_spec::{EstablishmentReject, SessionDisconnected, Terminate};
use forecastle_transport::Random;

use super::*;

/// One session as the engine holds it.
#[derive(Clone, Copy, Default)]
struct Held {
    version_id: u64,
    timestamp_ns: u64,
    last_seq_num: u32,
    is_established: bool,
    /// Serial number of the image that the accepted Establish came from.
    image: u32,
}

struct Walk {
    world: World,
    random: Random,
    seed: u64,
    ring: VecDeque<Command>,
    /// Which image each login time came from.
    login_images: BTreeMap<u64, u32>,
    held: [Held; 2],
    /// By binding: has an image, its reply stream was asked for, is connected.
    images: [(bool, bool, bool); 4],
    serials: [u32; 4],
    image_count: u32,
    next_seq_num: u32,
    resumed_count: u32,
    applied_count: u32,
    busy_count: u32,
}

/// A command in the ring; `image` is 0 for one of the exchange itself.
struct Command {
    sender: u32,
    image: u32,
    bytes: Vec<u8>,
}

const SESSIONS: [u32; 2] = [17, 18];

impl Walk {
    fn new(seed: u64) -> Self {
        Self {
            world: World::new(),
            random: Random::new(seed),
            seed,
            ring: VecDeque::new(),
            login_images: BTreeMap::new(),
            held: [Held::default(); 2],
            images: [(false, false, false); 4],
            serials: [0; 4],
            image_count: 0,
            next_seq_num: 1,
            resumed_count: 0,
            applied_count: 0,
            busy_count: 0,
        }
    }

    fn below(&mut self, bound: usize) -> usize {
        self.random.below(bound as u64) as usize
    }

    fn step(&mut self) {
        self.world.pass(1 + self.random.below(SECOND / 100));
        let index = self.below(4);
        let id = BindingId::new(index);
        match self.below(12) {
            0 if !self.images[index].0 => {
                self.images[index] = (true, false, false);
                self.image_count += 1;
                self.serials[index] = self.image_count;
                self.world.connect(id);
            }
            1 if self.below(4) == 0 && self.images[index].0 => self.lose_image(id),
            2 if self.below(6) == 0 && self.images[index].2 => {
                self.images[index].2 = false;
                self.world.core.on_reply_lost(self.world.now, id);
            }
            3 | 4 if self.images[index].1 && !self.images[index].2 => {
                self.images[index].2 = true;
                self.world.core.on_reply_connected(self.world.now, id);
            }
            5..=8 if self.images[index].0 => self.client(id),
            9 => self.push_own(),
            10 | 11 => self.answer_one(),
            _ => {}
        }
        self.world.core.on_time(self.world.now);
        self.act();
    }

    fn lose_image(&mut self, id: BindingId) {
        self.images[id.index()] = (false, false, false);
        self.world.core.on_image_unavailable(self.world.now, id);
    }

    /// One message of a client, good or old.
    fn client(&mut self, id: BindingId) {
        let choice = self.below(SESSIONS.len());
        let session_id = SESSIONS[choice];
        let at = self.world.now.wall_ns - WALL_NS;
        let version = match self.below(4) {
            0 => at,
            _ => self.held[choice].version_id.max(1),
        };
        let bytes = match self.below(6) {
            0 => signed(&negotiate(session_id, at), 1),
            1 | 2 => {
                let mut login = establish(session_id, version, at);
                login.next_seq_num.set(self.next_seq_num);
                signed(&login, 1)
            }
            3 if self.below(4) == 0 => {
                let mut terminate = Terminate::new_zeroed();
                terminate.session_id.set(session_id);
                encoded(&terminate)
            }
            _ => {
                self.next_seq_num += 1;
                order(self.next_seq_num - 1)
            }
        };
        let is_busy = self.below(4) == 0;
        let image = self.serials[id.index()];
        self.login_images.insert(WALL_NS + at, image);
        let intake = self.world.core.on_message(self.world.now, id, &bytes, is_busy);
        let actions = self.world.actions();
        let is_refused = actions.iter().any(|action| matches!(action, Action::Send { .. }));
        if let Intake::Forward { session_id } = intake {
            assert!(!is_refused, "seed {}: refused and forwarded", self.seed);
            self.ring.push_back(Command { sender: session_id, image, bytes });
        } else if is_busy && is_refused {
            self.busy_count += 1;
        }
        self.apply_actions(&actions);
    }

    /// What the agent does when the ring has room.
    fn push_own(&mut self) {
        loop {
            if let Some(command) = self.world.core.next_disconnect() {
                self.ring.push_back(Command { sender: 0, image: 0, bytes: encoded(&command) });
            } else if let Some(command) = self.world.core.next_resumption() {
                self.resumed_count += 1;
                let sender = command.session_id.get();
                let image = self.login_images[&command.timestamp_ns.get()];
                self.ring.push_back(Command { sender, image, bytes: encoded(&command) });
            } else {
                return;
            }
        }
    }

    fn act(&mut self) {
        let actions = self.world.actions();
        self.apply_actions(&actions);
    }

    fn apply_actions(&mut self, actions: &[Action]) {
        for action in actions {
            match action {
                Action::OpenReply { binding } => self.images[binding.index()].1 = true,
                Action::CloseReply { binding } => {
                    self.images[binding.index()].1 = false;
                    self.images[binding.index()].2 = false;
                }
                // The transport takes a rejected image away a while later.
                Action::RejectImage { binding, .. } => {
                    self.images[binding.index()] = (false, false, false);
                    self.world.core.on_image_unavailable(self.world.now, *binding);
                }
                Action::Send { .. }
                | Action::SendCounters { .. }
                | Action::Retransmit { .. }
                | Action::StreamLog { .. }
                | Action::EndLogStream { .. } => {}
            }
        }
    }

    fn answer_one(&mut self) {
        let Some(Command { sender, image, bytes }) = self.ring.pop_front() else { return };
        let (frame, _) = Frame::parse(&bytes).unwrap();
        if let Some(login) = frame.body::<Negotiate>() {
            self.on_negotiate(sender, login);
        } else if let Some(login) = frame.body::<Establish>() {
            self.on_establish(sender, login);
        } else if let Some(command) = frame.body::<SessionDisconnected>() {
            self.end(command.session_id.get());
        } else if frame.body::<Terminate>().is_some() {
            self.end(sender);
        } else if let Some(order) = frame.body::<NewOrderSingle>() {
            let seed = self.seed;
            let held = self.held_by(sender);
            // Else a Negotiate came before it, and the engine refuses it.
            if held.is_established {
                assert_eq!(image, held.image, "seed {seed}: an order of an image that is over");
                assert!(order.seq_num.get() > held.last_seq_num, "seed {seed}: used twice");
                held.last_seq_num = order.seq_num.get();
                self.applied_count += 1;
            }
        }
    }

    fn held_by(&mut self, session_id: u32) -> &mut Held {
        let place = SESSIONS.iter().position(|known| *known == session_id);
        &mut self.held[place.expect("a session of the walk")]
    }

    fn on_negotiate(&mut self, sender: u32, login: &Negotiate) {
        let held = self.held_by(sender);
        let version = login.session_version_id.get();
        if version <= held.version_id || login.timestamp_ns.get() <= held.timestamp_ns {
            let mut reject = NegotiationReject::new_zeroed();
            reject.session_id.set(sender);
            reject.session_version_id.set(version);
            reject.reject_code.set(RejectCode::VersionNotAbove as u16);
            return self.world.report_to(sender, &reject);
        }
        let timestamp_ns = login.timestamp_ns.get();
        *held = Held { version_id: version, timestamp_ns, ..Held::default() };
        self.world.report_to(sender, &response(sender, version));
    }

    fn on_establish(&mut self, sender: u32, login: &Establish) {
        let image = self.login_images[&login.timestamp_ns.get()];
        let held = self.held_by(sender);
        let is_good = login.session_version_id.get() == held.version_id
            && login.timestamp_ns.get() > held.timestamp_ns
            && !held.is_established
            && login.next_seq_num.get() > held.last_seq_num;
        if is_good {
            held.is_established = true;
            held.image = image;
            held.timestamp_ns = login.timestamp_ns.get();
            let mut ack = ack(sender, held.version_id);
            ack.last_seq_num.set(held.last_seq_num);
            self.world.report_to(sender, &ack);
        } else {
            let mut reject = EstablishmentReject::new_zeroed();
            reject.session_id.set(sender);
            reject.last_seq_num.set(held.last_seq_num);
            reject.session_version_id = login.session_version_id;
            self.world.report_to(sender, &reject);
        }
    }

    fn end(&mut self, session_id: u32) {
        let held = self.held_by(session_id);
        if std::mem::take(&mut held.is_established) {
            let mut terminate = Terminate::new_zeroed();
            terminate.session_id.set(session_id);
            self.world.report_to(session_id, &terminate);
        }
    }

    /// Everything in flight is answered, then both sides say the same.
    fn settle(&mut self) {
        loop {
            self.act();
            self.push_own();
            if self.ring.is_empty() {
                break;
            }
            self.answer_one();
        }
        let engine_count = self.held.iter().filter(|held| held.is_established).count();
        let core_count = self.world.core.established_count();
        assert_eq!(core_count, engine_count, "seed {}", self.seed);
    }
}

#[test]
fn core_and_engine_agree_on_who_is_established() {
    let (mut resumed, mut applied, mut busy) = (0, 0, 0);
    for seed in 1..=400 {
        let mut walk = Walk::new(seed);
        for _ in 0..20 {
            for _ in 0..100 {
                walk.step();
            }
            walk.settle();
        }
        resumed += walk.resumed_count;
        applied += walk.applied_count;
        busy += walk.busy_count;
    }
    // The walk goes where it is meant to go.
    assert!(resumed > 2000 && applied > 5000 && busy > 500, "{resumed} {applied} {busy}");
}
