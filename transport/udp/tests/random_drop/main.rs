//! Real sockets over a network that loses: two network namespaces with a cable between them, made
//! by the test, and nftables that throw away datagrams at random on both ways of it. Every message
//! comes once, whole and in order.
//!
//! Only root may make namespaces; elsewhere, and without `ip` and `nft`, every test says that it is
//! skipped. With a folder named by `FORECASTLE_CAPTURE_FOLDER` each conversation is captured there
//! by tcpdump, at the sender's end of the cable: every datagram that was sent, and every answer
//! that came.
#![allow(clippy::unwrap_used)]

mod conversation;
mod place;

use conversation::{Conversation, Goodput, Way};

#[test]
fn one_of_a_hundred_datagrams_lost() {
    hold(&Conversation { name: "1_percent_of_datagrams", drop_permille: 10, ..DATAGRAMS });
}

#[test]
fn one_of_ten_datagrams_lost() {
    hold(&Conversation { name: "10_percent_of_datagrams", drop_permille: 100, ..DATAGRAMS });
}

#[test]
fn one_of_ten_trains_lost() {
    hold(&Conversation { name: "10_percent_of_trains", drop_permille: 100, ..TRAINS });
}

#[test]
fn one_of_ten_datagrams_lost_over_ipv6() {
    let ipv6 = Conversation { way: Way::Unicast { is_ipv6: true }, ..DATAGRAMS };
    hold(&Conversation { name: "10_percent_over_ipv6", drop_permille: 100, ..ipv6 });
}

#[test]
fn one_of_ten_datagrams_lost_in_a_group() {
    for is_ipv6 in [false, true] {
        let name = if is_ipv6 { "10_percent_in_ipv6_group" } else { "10_percent_in_group" };
        let group = Conversation { way: Way::Group { is_ipv6 }, ..DATAGRAMS };
        hold(&Conversation { name, drop_permille: 100, message_count: 2_000, ..group });
    }
}

#[test]
fn nothing_lost() {
    hold(&Conversation { name: "no_loss", drop_permille: 0, ..DATAGRAMS });
}

/// Runs a conversation and prints what it came to.
fn hold(conversation: &Conversation) {
    let name = conversation.name;
    if let Err(reason) = place::is_possible() {
        println!("skipped: random_drop {name}: {reason}");
        return;
    }
    let Goodput { bytes, elapsed, lost, naks } = conversation.hold();
    let rate = bytes as u128 / elapsed.as_micros().max(1);
    let [lost_there, lost_back] = lost;
    println!(
        "goodput: random_drop {name}: {rate} MB/s, {lost_there} lost there and {lost_back} back, \
         {naks} NAKs"
    );
    if conversation.drop_permille > 0 {
        assert!(lost_there > 0 && lost_back > 0 && naks > 0, "nothing was lost: no test");
    } else {
        assert_eq!(lost, [0, 0]);
    }
}

/// The cable carries datagrams, each lost or not by itself.
const DATAGRAMS: Conversation = Conversation {
    name: "",
    drop_permille: 0,
    carries_trains: false,
    way: Way::Unicast { is_ipv6: false },
    message_count: 10_000,
};

/// The cable carries what one call sent as one, and loses it so.
const TRAINS: Conversation = Conversation { carries_trains: true, ..DATAGRAMS };
