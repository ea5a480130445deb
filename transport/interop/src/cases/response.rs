//! Response channels: requests one way, private replies the other, with the stock side as client
//! and as server.

use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, ensure};
use forecastle_transport::{
    Destination, DropCause, ImageId, PublicationConfig, PublicationId, PublicationNews,
    ReceiveConfig, SendConfig,
};

use super::stream::{
    CARRY_LIMIT, POLL_LIMIT, SESSION_ID, STREAM_ID, TERM_LENGTH, bound_endpoint, publication_uri,
    receive_config, traffic,
};
use crate::native::{NativeReceiver, NativeSender, free_port};
use crate::stock::{SET_UP_LIMIT, SHORT_SENDS, Stock, StockPublication, StockSubscription};
use crate::traffic::{Script, Tally};
use crate::waiting::{during, until};

/// A stock client asks, our server answers, once it has proven the client.
pub fn stock_client(folder: &Path) -> anyhow::Result<String> {
    let stock = Stock::launch(folder)?;
    let requests = NativeReceiver::unicast(receive_config())?;
    let replies = NativeSender::unicast(SendConfig::unicast(1, TERM_LENGTH))?;
    let uri = format!("aeron:udp?control={}|control-mode=response", replies.address());
    let subscription = stock.subscription(&uri, REPLY_STREAM_ID)?;
    let correlation = format!("|response-correlation-id={}", subscription.registration_id()?);
    let uri = publication_uri(requests.address(), &correlation);
    let publication = stock.publication(&uri, STREAM_ID)?;
    let mut server = NativeServer { requests, replies, reply: None };

    // Not proven, the reply address gets nothing.
    during(UNPROVEN_TIME, || {
        server.work(|_| {})?;
        stock.work()?;
        Ok(())
    })?;
    let (image, reply) = server.reply.context("no request stream asked for replies")?;
    ensure!(server.replies.endpoint.counters().datagrams_out == 0, "replies before the proof");
    let source = server.requests.available[0].source;
    let now_ns = server.requests.now_ns();
    ensure!(server.requests.endpoint.prove(now_ns, source), "no room to prove the client");
    server.replies.endpoint.prove_response(reply);
    until(SET_UP_LIMIT, "the reply stream", || {
        server.work(|_| {})?;
        stock.work()?;
        Ok(server.replies.has_news(reply, PublicationNews::Connected))
    })?;
    server.requests.endpoint.response_connected(image);

    let mut exchange = Exchange::new();
    let mut subscription = subscription;
    until(CARRY_LIMIT, "the last reply", || {
        exchange.requests.offer(|message| publication.offer(message))?;
        server.work(|payload| exchange.requested.take(payload))?;
        exchange.answer(|message| server.replies.offer(reply, message))?;
        stock.work()?;
        subscription.poll(POLL_LIMIT, |_, payload| exchange.replied.take(payload))?;
        exchange.is_done()
    })?;
    stock.check_clean()?;
    server.requests.check_drops(&[DropCause::NoCredit])?;
    // Until it knows its session, the subscription asks the control address for any.
    server.replies.check_drops(&[DropCause::UnknownSession])?;
    exchange.finish()
}

/// Our client asks, a stock server answers.
pub fn stock_server(folder: &Path) -> anyhow::Result<String> {
    let stock = Stock::launch(folder)?;
    let mut server = StockServer::open(&stock)?;
    let control = std::net::SocketAddrV4::new(std::net::Ipv4Addr::LOCALHOST, free_port()?);
    let config = ReceiveConfig::peer(&[REPLY_STREAM_ID], 1, 1, control.into());
    let mut replies = NativeReceiver::unicast(config)?;
    let mut requests = NativeSender::unicast(SendConfig::unicast(1, TERM_LENGTH))?;
    let request = requests.open(&PublicationConfig {
        stream_id: STREAM_ID,
        session_id: SESSION_ID,
        initial_term_id: 7,
        destination: Destination::Address(server.endpoint),
        response_requested: true,
    })?;
    let mut exchange = Exchange::new();
    until(CARRY_LIMIT, "the last reply", || {
        exchange.requests.offer(|message| requests.offer(request, message))?;
        requests.work();
        while let Some((_, news)) = requests.news.pop() {
            if let PublicationNews::ResponseSetup { session_id } = news {
                let now_ns = replies.now_ns();
                let asked = replies.endpoint.expect_response(
                    now_ns,
                    REPLY_STREAM_ID,
                    session_id,
                    control.into(),
                );
                ensure!(asked.is_ok(), "no room to ask for the reply stream");
            }
        }
        stock.work()?;
        server.work(&stock, control, &mut exchange)?;
        replies.work(POLL_LIMIT, |_, payload| exchange.replied.take(payload))?;
        exchange.is_done()
    })?;
    // The driver sends SETUPs of the reply stream before it knows the address.
    stock.check_clean_but(SHORT_SENDS)?;
    requests.check_drops(&[])?;
    replies.check_drops(&[])?;
    exchange.finish()
}

/// Our two sockets of a server, with the one client of the case.
struct NativeServer {
    requests: NativeReceiver,
    replies: NativeSender,
    reply: Option<(ImageId, PublicationId)>,
}

impl NativeServer {
    fn work(&mut self, mut handler: impl FnMut(&[u8])) -> anyhow::Result<()> {
        self.requests.work(POLL_LIMIT, |_, payload| handler(payload))?;
        self.replies.work();
        if let (None, Some(image)) = (self.reply, self.requests.available.first()) {
            ensure!(image.response_requested, "the request stream asks for no replies");
            let ip: IpAddr = image.source.ip();
            let reply = self.replies.open(&PublicationConfig {
                stream_id: REPLY_STREAM_ID,
                session_id: REPLY_SESSION_ID,
                initial_term_id: -7,
                destination: Destination::Response { ip },
                response_requested: false,
            })?;
            let now_ns = self.requests.now_ns();
            self.requests.endpoint.offer_response(now_ns, image.id, REPLY_SESSION_ID);
            self.reply = Some((image.id, reply));
        }
        Ok(())
    }
}

/// A stock server that answers its first client.
struct StockServer {
    subscription: StockSubscription,
    endpoint: SocketAddr,
    publication: Option<StockPublication>,
}

impl StockServer {
    fn open(stock: &Stock) -> anyhow::Result<Self> {
        let subscription = stock.subscription("aeron:udp?endpoint=127.0.0.1:0", STREAM_ID)?;
        let endpoint = bound_endpoint(stock, &subscription)?;
        Ok(Self { subscription, endpoint, publication: None })
    }

    fn work(
        &mut self,
        stock: &Stock,
        control: std::net::SocketAddrV4,
        exchange: &mut Exchange,
    ) -> anyhow::Result<()> {
        if let (None, Some(image)) = (&self.publication, self.subscription.image(0)) {
            let correlation = image.get_constants()?.correlation_id();
            let uri = format!(
                "aeron:udp?control={control}|control-mode=response\
                 |response-correlation-id={correlation}"
            );
            self.publication = Some(stock.publication(&uri, REPLY_STREAM_ID)?);
        }
        self.subscription.poll(POLL_LIMIT, |_, payload| exchange.requested.take(payload))?;
        match &self.publication {
            Some(publication) => exchange.answer(|message| publication.offer(message)),
            None => Ok(()),
        }
    }
}

/// Requests, and one reply for each.
struct Exchange {
    requests: Script,
    requested: Tally,
    replies: Script,
    replied: Tally,
}

impl Exchange {
    fn new() -> Self {
        let (requests, requested) = traffic(8, 500, REQUEST_COUNT);
        let (replies, replied) = traffic(8, 2_000, 0);
        Self { requests, requested, replies, replied }
    }

    /// Answers what was asked so far.
    fn answer(&mut self, offer: impl FnMut(&[u8]) -> anyhow::Result<bool>) -> anyhow::Result<()> {
        self.replies.end_at(self.requested.next()?);
        self.replies.offer(offer)
    }

    fn is_done(&self) -> anyhow::Result<bool> {
        Ok(self.replied.next()? == REQUEST_COUNT)
    }

    fn finish(&self) -> anyhow::Result<String> {
        let (requested, replied) =
            (self.requested.finish(REQUEST_COUNT)?, self.replied.finish(REQUEST_COUNT)?);
        Ok(format!("{requested} there, {replied} back"))
    }
}

const REPLY_STREAM_ID: i32 = 2002;
const REPLY_SESSION_ID: i32 = 0x005E_C2E7;
const REQUEST_COUNT: u64 = 5_000;
const UNPROVEN_TIME: Duration = Duration::from_millis(1_500);
