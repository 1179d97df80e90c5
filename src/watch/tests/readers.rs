//! Whoever reads, and the end of all.

use std::sync::atomic::AtomicBool;

use super::*;

#[tokio::test(start_paused = true)]
async fn shutting_down_in_the_middle_of_looks_ends_them_all() {
    let good = good();
    let script = Script::new(move |label, _| match label {
        "a" => Step::Shows(good.clone()),
        _ => Step::Hangs,
    });
    let watch = script.watch().source(named("a")).source(named("b")).source(named("c")).start();
    let mut events = watch.subscribe();
    pass(Duration::from_secs(1)).await;
    assert_eq!(script.now_looking(), 2);
    watch.shutdown().await;
    assert_eq!(script.now_looking(), 0);
    while let Some(event) = events.next().await {
        assert_eq!(&*event.unwrap().target, "a");
    }
    // What was known is kept, and gets old.
    assert_eq!(watch.snapshot().get("a").unwrap().status(), Status::Pass);
    pass(4 * HOUR).await;
    assert_eq!(watch.snapshot().get("a").unwrap().status(), Status::Unknown);
    assert_eq!(script.looks_at("a").len(), 1);
    // Nothing of it hangs when it is over, or pretends to go on.
    assert!(!watch.add_source(named("d")));
    assert!(watch.look("a").await.is_none());
    watch.looked().await;
    watch.shutdown().await;
    assert!(watch.subscribe().next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn dropping_it_in_the_middle_of_looks_ends_them_all() {
    let script = Script::always(Step::Hangs);
    let watch = script.watch().source(named("a")).source(named("b")).start();
    let mut events = watch.subscribe();
    pass(Duration::from_secs(1)).await;
    assert_eq!(script.now_looking(), 2);
    drop(watch);
    assert!(events.next().await.is_none());
    pass(Duration::from_millis(1)).await;
    assert_eq!(script.now_looking(), 0);
}

#[test]
fn whoever_waits_is_told_when_the_runtime_goes() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let first = runtime();
    let script = Script::always(Step::Hangs);
    let (watch, mut events) = first.block_on(async {
        let watch = script.watch().source(named("a")).start();
        let events = watch.subscribe();
        (watch, events)
    });
    drop(first);
    runtime().block_on(async {
        assert!(events.next().await.is_none());
        watch.looked().await;
        watch.shutdown().await;
    });
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_is_whole_for_64_threads_while_it_is_replaced() {
    let script = Script::always(Step::Shows(good()));
    let watch = Arc::new(script.watch().every(Duration::from_secs(1)).start());
    for number in 0..10 {
        watch.add_source(named(&number.to_string()));
    }
    watch.looked().await;
    let is_over = Arc::new(AtomicBool::new(false));
    let readers: Vec<_> = (0..64)
        .map(|_| {
            let (watch, is_over) = (Arc::clone(&watch), Arc::clone(&is_over));
            std::thread::spawn(move || {
                let mut last = vec![0; 10];
                let mut reads = 0;
                while !is_over.load(Ordering::SeqCst) || reads == 0 {
                    let snapshot = watch.snapshot();
                    let looks: Vec<u64> = snapshot.iter().map(|target| target.looks()).collect();
                    assert_eq!(looks.len(), 10);
                    // No reader goes back in time, and labels are where they belong.
                    assert!(looks.iter().zip(&last).all(|(now, before)| now >= before));
                    assert_eq!(snapshot.get("9").unwrap().label(), "9");
                    assert_eq!(snapshot.get("9").unwrap().looks(), looks[9]);
                    last = looks;
                    reads += 1;
                }
            })
        })
        .collect();
    pass(Duration::from_secs(15)).await;
    is_over.store(true, Ordering::SeqCst);
    for reader in readers {
        reader.join().unwrap();
    }
    assert!(watch.snapshot().iter().all(|target| target.looks() > 8));
}

#[test]
fn whoever_shares_it_may_do_so_between_threads() {
    const fn is_shared<T: Send + Sync>() {}
    is_shared::<Watch>();
    is_shared::<Subscription>();
    is_shared::<WatchBuilder>();
    is_shared::<crate::snapshot::Snapshot>();
}
