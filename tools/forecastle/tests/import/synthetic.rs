//! A small market with everything that is hostile in such data.

/// Three runners; 8 is removed after it traded, 7 wins.
pub fn lines_with_a_removed_runner(winner_count: u32) -> String {
    let define = |status: &str, in_play: bool, statuses: [&str; 3], rest: &str| {
        let runner = |(index, status): (usize, &str)| {
            let id = index + 7;
            format!(r#"{{"id":{id},"status":"{status}","sortPriority":{id},"spn":"NaN"}}"#)
        };
        let runners: Vec<_> = statuses.into_iter().enumerate().map(runner).collect();
        message(&format!(
            r#""marketDefinition":{{"status":"{status}","inPlay":{in_play},"betDelay":5,
            "numberOfWinners":{winner_count},"runners":[{}]}}{rest}"#,
            runners.join(",")
        ))
    };
    let active = ["ACTIVE"; 3];
    let without = ["ACTIVE", "REMOVED", "ACTIVE"];
    [
        define("INACTIVE", false, active, ""),
        message(r#""img":true,"rc":[{"id":7,"atb":[[3,10]],"atl":[[3.1,4],[3.2,0.0]]}]"#),
        define("OPEN", false, active, r#","rc":[{"id":8,"atb":[[3,5]],"atl":[[3.05,5]]}]"#),
        message(r#""con":true,"rc":[{"id":8,"atb":[[3,3.5]],"trd":[[3,3]],"tv":3.0}]"#),
        "{\"op\":\"mcm\",\"pt\":1,\"mc\":[{\"id\":\"1.2\",\"rc\":[{\"id\":7,\"atb\":[[3,"
            .to_string(),
        define("OPEN", false, without, r#","rc":[{"id":9,"atl":[[990,0.5],[1000,1]]}]"#),
        message(r#""rc":[{"id":8,"atb":[[3,99]]},{"id":9,"atl":[[990,0.25]],"trd":[[990,1]]}]"#),
        define("SUSPENDED", true, without, r#","rc":[{"id":7,"atb":[[3,2],[2.9,6]]}]"#),
        define("OPEN", true, without, r#","rc":[{"id":7,"atl":[[3.1,1]],"trd":[[3.1,6]]}]"#),
        message(r#""img":true,"rc":[{"id":7,"atb":[[2.9,7]],"trd":[[3.1,6]],"ltp":3.1}]"#),
        message(r#""rc":[{"id":9,"atl":[[5,2e1]],"hc":0},{"id":7,"trd":[[3.1,4]]}]"#),
        "{\"op\":\"mcm\",\"pt\":2,\"ct\":\"HEARTBEAT\",\"clk\":null}".to_string(),
        define("CLOSED", true, ["WINNER", "REMOVED", "LOSER"], ""),
    ]
    .join("\n")
}

fn message(change: &str) -> String {
    let line = format!(r#"{{"op":"mcm","clk":null,"pt":1,"mc":[{{"id":"1.2",{change}}}]}}"#);
    line.replace('\n', " ")
}
