//! What is told, and how often.

use super::*;

#[tokio::test(start_paused = true)]
async fn each_change_is_told_once() {
    let script = {
        let (good, ended) = (good(), ended());
        Script::new(move |_, before| Step::Shows(if before < 2 { &good } else { &ended }.clone()))
    };
    let watch = script.watch().damping(Damping::none()).source(named("a")).start();
    let mut events = watch.subscribe();
    watch.looked().await;
    let first = told(&mut events).await;
    assert_eq!(first, ["a: + note self-signed", "a: unknown to pass"]);
    pass(HOUR).await;
    assert_eq!(told(&mut events).await, [""; 0], "nothing changed");
    pass(2 * HOUR).await;
    assert_eq!(told(&mut events).await, ["a: renewed", "a: + failure expired", "a: pass to fail"],);
    pass(DAY).await;
    assert_eq!(told(&mut events).await, [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn bad_news_is_told_at_once_and_good_news_when_it_lasts() {
    // One good and one bad server, in turns; then both are good.
    let script = {
        let (good, ended) = (good(), ended());
        Script::new(move |_, before| {
            Step::Shows(if before % 2 == 0 || before > 9 { &good } else { &ended }.clone())
        })
    };
    let watch = script.watch().source(named("a")).start();
    let mut events = watch.subscribe();
    watch.looked().await;
    let _ = told(&mut events).await;
    for _ in 0..8 {
        assert!(watch.look_now("a"));
        pass(Duration::from_secs(1)).await;
    }
    assert_eq!(told(&mut events).await, ["a: + failure expired", "a: pass to fail"]);
    // What waits to be seen again is looked at within a minute.
    pass(Duration::from_secs(300)).await;
    assert_eq!(told(&mut events).await, ["a: - expired", "a: fail to pass"]);
}

#[tokio::test(start_paused = true)]
async fn a_failed_look_is_told_once_and_so_is_the_recovery() {
    let good = good();
    let script = Script::new(move |_, before| match before {
        1..=6 => Step::Fails,
        _ => Step::Shows(good.clone()),
    });
    let watch = script.watch().source(named("a")).start();
    let mut events = watch.subscribe();
    watch.looked().await;
    let _ = told(&mut events).await;
    pass(2 * HOUR).await;
    let seen = told(&mut events).await;
    assert_eq!(seen, ["a: failed, refused", "a: recovered"]);
}

#[tokio::test(start_paused = true)]
async fn a_look_that_saw_nothing_confirms_no_good_news() {
    let script = {
        let (good, ended) = (good(), ended());
        Script::new(move |_, before| match before {
            0 => Step::Shows(ended.clone()),
            1 | 12.. => Step::Shows(good.clone()),
            _ => Step::Fails,
        })
    };
    let watch = script.watch().source(named("a")).start();
    let mut events = watch.subscribe();
    watch.looked().await;
    watch.look("a").await.unwrap();
    let _ = told(&mut events).await;
    pass(HOUR).await;
    assert_eq!(told(&mut events).await, ["a: failed, refused"]);
    pass(10 * HOUR).await;
    assert_eq!(
        told(&mut events).await,
        ["a: renewed", "a: - expired", "a: fail to pass", "a: recovered"],
    );
}

#[tokio::test(start_paused = true)]
async fn a_target_that_is_down_from_the_first_is_told_so_and_is_unknown_as_before() {
    let script = Script::always(Step::Fails);
    let watch = script.watch().source(named("a")).start();
    let mut events = watch.subscribe();
    pass(DAY).await;
    assert_eq!(told(&mut events).await, ["a: failed, refused"]);
}

#[tokio::test(start_paused = true)]
async fn facts_that_get_too_old_are_a_change_of_status() {
    let good = good();
    let script = Script::new(move |_, before| match before {
        0 => Step::Shows(good.clone()),
        _ => Step::Fails,
    });
    let watch = script.watch().source(named("a")).start();
    let mut events = watch.subscribe();
    watch.looked().await;
    let _ = told(&mut events).await;
    pass(5 * HOUR).await;
    assert_eq!(told(&mut events).await, ["a: failed, refused", "a: pass to unknown"]);
}

#[tokio::test(start_paused = true)]
async fn another_certificate_and_another_issuer_are_told_with_both() {
    let script = {
        let (one, two) = (good(), days("b.example", -1..400));
        Script::new(move |_, before| Step::Shows(if before == 0 { &one } else { &two }.clone()))
    };
    let watch = script.watch().source(named("a")).start();
    let mut events = watch.subscribe();
    watch.looked().await;
    let _ = told(&mut events).await;
    assert!(watch.look_now("a"));
    pass(Duration::from_secs(120)).await;
    let Some(Ok(event)) = events.next().await else { panic!("nothing was told") };
    assert_eq!(event.to_string(), "a: another certificate, good until 2031-02-05 00:00:00 UTC",);
    let EventKind::Renewed { from, to } = event.kind else { panic!("{event:?}") };
    let until = |days| Some(START + time::Duration::days(days));
    assert_eq!((from.not_after(), to.not_after()), (until(360), until(400)));
    assert_eq!(told(&mut events).await, ["a: issuer CN=a.example to CN=b.example"]);
}

#[tokio::test(start_paused = true)]
async fn what_gets_worse_is_told_again() {
    // 60 days of life: soon below 15 days, critical below 5.
    let script = Script::always(Step::Shows(days("a.example", -42..18)));
    let watch = script.watch().every(6 * HOUR).source(named("a")).start();
    let mut events = watch.subscribe();
    pass(17 * DAY).await;
    let seen = told(&mut events).await;
    assert_eq!(
        seen,
        [
            "a: + note self-signed",
            "a: unknown to pass",
            "a: + warning expires-soon",
            "a: pass to warn",
            "a: + critical expires-soon",
        ],
    );
}

#[tokio::test(start_paused = true)]
async fn reminders_come_when_asked_for_and_end_with_the_trouble() {
    let script = {
        let (good, ended) = (good(), ended());
        Script::new(move |_, before| Step::Shows(if before < 30 { &ended } else { &good }.clone()))
    };
    let watch = script.watch().remind_every(8 * HOUR).source(named("a")).start();
    let mut events = watch.subscribe();
    pass(3 * DAY).await;
    let seen = told(&mut events).await;
    let reminders = seen.iter().filter(|line| *line == "a: still fail").count();
    assert!((3..=4).contains(&reminders), "{seen:?}");
    assert_eq!(seen.last().unwrap(), "a: fail to pass");
}

#[tokio::test(start_paused = true)]
async fn a_subscriber_that_never_reads_holds_up_nobody_and_is_told_what_it_missed() {
    let script = Script::always(Step::Shows(good()));
    let watch = script.watch().event_capacity(8).start();
    let mut lazy = watch.subscribe();
    for number in 0..100 {
        watch.add_source(named(&number.to_string()));
    }
    watch.looked().await;
    assert_eq!(watch.snapshot().count(Status::Pass), 100);
    // Two for each target; the last eight wait.
    let seen = told(&mut lazy).await;
    assert_eq!((seen.len(), &*seen[0]), (9, "192 events were missed"));
    assert_eq!(told(&mut lazy).await, [""; 0]);
}

#[cfg(feature = "serde")]
#[tokio::test(start_paused = true)]
async fn an_event_is_written_as_json() {
    let script = Script::always(Step::Fails);
    let watch = script.watch().source(named("a")).start();
    let mut events = watch.subscribe();
    let event = events.next().await.unwrap().unwrap();
    let expected = serde_json::json!({
        "at": "2030-01-01T00:00:00.1Z",
        "target": "a",
        "event": "look-failed",
        "failure": {
            "at": "2030-01-01T00:00:00.1Z",
            "kind": "refused",
            "phase": "connect",
            "message": "connect failed for a",
        },
    });
    assert_eq!(serde_json::to_value(&event).unwrap(), expected);
}
