//! When is looked, and what stays where nothing is seen.

use super::*;

#[tokio::test(start_paused = true)]
async fn everything_is_looked_at_at_once_and_then_as_often_as_was_asked_for() {
    let script = Script::always(Step::Shows(good()));
    let watch = script.watch().source(named("a")).source(named("b")).start();
    let before = watch.snapshot();
    assert_eq!((before.len(), before.status()), (2, Status::Unknown));
    assert!(before.get("a").unwrap().reports().is_empty());

    watch.looked().await;
    let snapshot = watch.snapshot();
    assert_eq!((snapshot.status(), snapshot.count(Status::Pass)), (Status::Pass, 2));
    let a = snapshot.get("a").unwrap();
    assert_eq!(a.checked_at(), Some(START + Duration::from_millis(100)));
    assert_eq!(a.took(), Some(Duration::from_millis(100)));
    // What was taken before is what it was.
    assert_eq!(before.status(), Status::Unknown);

    pass(10 * DAY).await;
    let looks = script.looks_at("a");
    assert!((235..=250).contains(&looks.len()), "{}", looks.len());
    let gaps: Vec<u64> = looks.windows(2).skip(1).map(|two| two[1] - two[0]).collect();
    assert!(gaps.iter().all(|gap| (3240..=3961).contains(gap)), "{gaps:?}");
    assert_ne!(looks[1], script.looks_at("b")[1], "targets are not looked at together");
}

#[tokio::test(start_paused = true)]
async fn where_every_target_is_down_all_is_unknown_and_looks_back_off() {
    let script = Script::always(Step::Fails);
    let watch = script.watch().source(named("a")).source(named("b")).start();
    watch.looked().await;
    let snapshot = watch.snapshot();
    assert_eq!((snapshot.status(), snapshot.count(Status::Unknown)), (Status::Unknown, 2));
    let a = snapshot.get("a").unwrap();
    assert_eq!(a.failure().unwrap().kind, "refused");
    assert_eq!((a.looks(), a.failed_looks(), a.checked_at()), (1, 1, None));
    assert!(!a.is_stale(), "there are no facts that could be");

    pass(DAY).await;
    let looks = script.looks_at("a");
    // The first wait is any part of 10 s; then 20 s, 40 s, and so on, up to an hour.
    let gaps: Vec<u64> = looks.windows(2).map(|two| two[1] - two[0]).collect();
    assert!(gaps[0] <= 10, "{gaps:?}");
    for (gap, wait) in gaps[1..].iter().zip([20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600]) {
        assert!((wait * 9 / 10..=wait * 11 / 10 + 1).contains(gap), "{gap} after {wait}");
    }
    assert_eq!(watch.snapshot().status(), Status::Unknown);
}

#[tokio::test(start_paused = true)]
async fn a_target_that_hangs_for_ever_holds_up_nobody_and_is_looked_at_once_at_a_time() {
    let good = good();
    let script = Script::new(move |label, _| match label {
        "hangs" => Step::Hangs,
        _ => Step::Shows(good.clone()),
    });
    let watch = script.watch().concurrency(2).source(named("hangs")).source(named("a")).start();
    pass(Duration::from_secs(30)).await;
    // Not even when it is asked for.
    assert!(watch.look_now("hangs"));
    pass(Duration::from_secs(1)).await;
    assert_eq!(script.looks_at("hangs").len(), 1);
    assert_eq!(watch.snapshot().get("a").unwrap().status(), Status::Pass);
    assert_eq!(watch.snapshot().get("hangs").unwrap().failure(), None);

    pass(Duration::from_secs(30)).await;
    let snapshot = watch.snapshot();
    let failure = snapshot.get("hangs").unwrap().failure().unwrap();
    assert_eq!(failure.kind, "timed-out");
    assert_eq!(failure.to_string(), "hangs: no end of the look within 60 s");
    assert_eq!(snapshot.status(), Status::Unknown);
    // What was asked for meanwhile follows at once.
    assert_eq!(script.looks_at("hangs"), [0, 60]);
    // Whoever waits for a look waits for one that began after that.
    let snapshot = watch.look("hangs").await.unwrap();
    assert_eq!((snapshot.get("hangs").unwrap().looks(), script.looks_at("hangs").len()), (3, 3));
    assert!(watch.look("nobody").await.is_none());
    pass(10 * HOUR).await;
    assert!(script.looks_at("a").len() >= 9, "{:?}", script.looks_at("a"));
    assert_eq!(script.most_at_once(), 2);
}

#[tokio::test(start_paused = true)]
async fn while_the_resolver_fails_facts_stay_until_they_are_too_old() {
    let down = Arc::new(AtomicUsize::new(0));
    let script = {
        let (good, down) = (good(), Arc::clone(&down));
        Script::new(move |_, _| match down.load(Ordering::SeqCst) {
            0 => Step::Shows(good.clone()),
            _ => Step::Fails,
        })
    };
    let watch = script.watch().every(10 * MINUTE).source(named("a")).start();
    watch.looked().await;
    down.store(1, Ordering::SeqCst);
    pass(20 * MINUTE).await;
    let snapshot = watch.snapshot();
    let a = snapshot.get("a").unwrap();
    assert_eq!((a.status(), a.is_stale(), a.is_too_old()), (Status::Pass, true, false));
    assert_eq!(a.failure().unwrap().kind, "refused");
    assert_eq!(a.reports().len(), 1);
    assert_eq!(a.checked_at(), Some(START + Duration::from_millis(100)));

    // 3 times 10 minutes, and the minute of a look.
    pass(12 * MINUTE).await;
    let snapshot = watch.snapshot();
    let a = snapshot.get("a").unwrap();
    assert_eq!((a.status(), a.is_stale(), a.is_too_old()), (Status::Unknown, true, true));
    assert_eq!((a.reports().len(), snapshot.status()), (1, Status::Unknown));
    pass(28 * MINUTE).await;
    down.store(0, Ordering::SeqCst);
    pass(11 * MINUTE).await;
    let snapshot = watch.snapshot();
    let a = snapshot.get("a").unwrap();
    assert_eq!((a.status(), a.is_stale(), a.failure()), (Status::Pass, false, None));
}

#[tokio::test(start_paused = true)]
async fn a_certificate_that_ends_while_its_server_is_down_is_told_to_have_ended() {
    let chain = days("a.example", -60..1);
    let script = Script::new(move |_, before| match before {
        0 => Step::Shows(chain.clone()),
        _ => Step::Fails,
    });
    let watch = script.watch().every(12 * HOUR).source(named("a")).start();
    watch.looked().await;
    assert_eq!(watch.snapshot().status(), Status::Warn);
    pass(DAY + HOUR).await;
    let snapshot = watch.snapshot();
    let a = snapshot.get("a").unwrap();
    assert_eq!((a.status(), a.is_stale()), (Status::Fail, true));
    assert!(a.reports()[0].findings_with(Code::Expired).next().is_some());
    assert_eq!(a.checked_at(), Some(START + Duration::from_millis(100)));
}

#[tokio::test(start_paused = true)]
async fn the_end_is_seen_within_seconds_and_looks_come_closer_before_it() {
    let script = Script::always(Step::Shows(days("a.example", -60..1)));
    let watch = script.watch().every(DAY).source(named("a")).start();
    pass(DAY - Duration::from_secs(10)).await;
    assert_eq!(watch.snapshot().status(), Status::Warn);
    pass(Duration::from_secs(20)).await;
    assert_eq!(watch.snapshot().status(), Status::Fail);
    let looks = script.looks_at("a");
    let within = |range: Range<u64>| looks.iter().filter(|look| range.contains(look)).count();
    // A tenth of what is left: six or seven looks each time that the rest is halved; then every minute.
    assert!((18..=24).contains(&within(0..DAY.as_secs() - 10_000)), "{looks:?}");
    assert!((9..=12).contains(&within(DAY.as_secs() - 600..DAY.as_secs())), "{looks:?}");
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_jumps_changes_what_is_judged_and_neither_ages_nor_looks() {
    let set_by = Arc::new(AtomicI64::new(0));
    let script = Script::always(Step::Shows(days("a.example", -30..60)));
    let watch = script.watch().clock(wall(&set_by)).source(named("a")).start();
    pass(2 * HOUR).await;
    assert_eq!(watch.snapshot().status(), Status::Pass);
    let looks = script.looks_at("a").len();

    set_by.store(60 * 86_400, Ordering::SeqCst);
    let snapshot = watch.snapshot();
    let a = snapshot.get("a").unwrap();
    assert_eq!((a.status(), a.is_too_old()), (Status::Pass, false));
    assert!(a.age().unwrap() <= HOUR + HOUR / 10);
    pass(2 * HOUR).await;
    assert_eq!(watch.snapshot().status(), Status::Fail);

    set_by.store(-86_400, Ordering::SeqCst);
    assert!(!watch.snapshot().get("a").unwrap().is_too_old());
    pass(2 * HOUR).await;
    let snapshot = watch.snapshot();
    assert_eq!(snapshot.status(), Status::Pass);
    // A clock of yesterday keeps no failure to look from being told.
    assert!(snapshot.get("a").unwrap().age().unwrap() <= HOUR + HOUR / 10);
    // After the jump the end is two hours ago, which is looked at more often.
    assert!(script.looks_at("a").len() - looks <= 20, "{:?}", script.looks_at("a"));
}

#[tokio::test(start_paused = true)]
async fn of_a_thousand_targets_added_at_once_so_many_are_looked_at_as_there_is_room_for() {
    let script = Script::always(Step::Shows(good()));
    let watch = script.watch().concurrency(20).start();
    assert_eq!(watch.snapshot().status(), Status::Unknown, "nothing is watched");
    for number in 0..1000 {
        assert!(watch.add_source(named(&number.to_string())));
    }
    assert!(!watch.add_source(named("7")), "it is there already");
    watch.looked().await;
    assert_eq!((watch.snapshot().len(), watch.snapshot().count(Status::Pass)), (1000, 1000));
    assert_eq!(script.most_at_once(), 20);
    // 50 rounds of 100 ms.
    assert_eq!(script.looks_at("999"), [4]);

    pass(HOUR).await;
    let mut minutes = HashMap::new();
    for number in 0..1000 {
        let again = script.looks_at(&number.to_string())[1];
        *minutes.entry(again / 60).or_insert(0) += 1;
    }
    assert!(minutes.len() >= 60 && minutes.values().all(|&looks| looks < 40), "{minutes:?}");
}

#[tokio::test(start_paused = true)]
async fn what_is_asked_for_again_and_again_comes_next_and_not_last() {
    let script = Script::always(Step::Shows(good()));
    let watch = script.watch().concurrency(1).start();
    for number in 0..50 {
        watch.add_source(named(&number.to_string()));
    }
    pass(Duration::from_millis(150)).await;
    for _ in 0..20 {
        assert!(watch.look_now("49"));
        pass(Duration::from_millis(5)).await;
    }
    // It came next; and once more, as it was asked for again while it was looked at.
    pass(Duration::from_millis(200)).await;
    assert_eq!(script.looks_at("49"), [0, 0]);
}

#[tokio::test(start_paused = true)]
async fn a_look_that_panics_is_one_that_failed() {
    let good = good();
    let script = Script::new(move |_, before| match before {
        1 => Step::Panics,
        _ => Step::Shows(good.clone()),
    });
    let watch = script.watch().source(named("a")).start();
    watch.looked().await;
    let snapshot = watch.look("a").await.unwrap();
    let a = snapshot.get("a").unwrap();
    assert_eq!((a.looks(), a.failure().unwrap().kind), (2, "panicked"));
    assert_eq!(a.status(), Status::Pass);
    pass(Duration::from_secs(30)).await;
    assert_eq!(watch.snapshot().get("a").unwrap().failure(), None);
}

#[tokio::test(start_paused = true)]
async fn what_is_removed_is_gone_with_its_look_and_makes_room() {
    let good = good();
    let script = Script::new(move |label, _| match label {
        "hangs" => Step::Hangs,
        _ => Step::Shows(good.clone()),
    });
    let watch = script.watch().concurrency(1).source(named("hangs")).start();
    pass(Duration::from_secs(1)).await;
    assert_eq!(script.now_looking(), 1);
    assert!(watch.remove("hangs"));
    assert!(!watch.remove("hangs"));
    assert!(watch.add_source(named("a")));
    pass(Duration::from_secs(1)).await;
    assert_eq!(script.now_looking(), 0);
    let snapshot = watch.snapshot();
    assert_eq!((snapshot.len(), snapshot.status()), (1, Status::Pass));
    assert!(snapshot.get("hangs").is_none());
}

#[cfg(feature = "fetch")]
#[tokio::test(start_paused = true)]
async fn a_list_of_targets_is_reconciled_and_what_stays_is_kept() {
    let script = Script::always(Step::Shows(good()));
    let targets = |names: &[&str]| -> Vec<crate::Target> {
        names.iter().map(|name| name.parse().unwrap()).collect()
    };
    let watch = script
        .watch()
        .targets(targets(&["a.example", "b.example", "a.example"]))
        .source(named("file"))
        .start();
    watch.looked().await;
    assert_eq!(watch.reconcile(targets(&["c.example", "b.example", "c.example"])), (1, 1));
    watch.looked().await;
    let snapshot = watch.snapshot();
    let labels: Vec<&str> = snapshot.iter().map(|target| target.label()).collect();
    assert_eq!(labels, ["https://b.example:443", "file", "https://c.example:443"]);
    assert_eq!(script.looks_at("https://b.example:443").len(), 1);
    assert!(snapshot.iter().all(|target| target.status() == Status::Pass));
}

const MINUTE: Duration = Duration::from_secs(60);
