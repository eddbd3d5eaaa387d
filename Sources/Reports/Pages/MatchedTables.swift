import Evaluation
import Tasks

/// The tables of arms at the same KL or the same cost.
extension ReportTables {
  /// The judge's reward on the way of two trainings, at the same KL and the same cost.
  var matched: String {
    let rows = summary.matched.map { one in
      [
        place(one), HTML.escape(one.first) + value(one.firstGold),
        HTML.escape(one.second) + value(one.secondGold),
        one.difference.map { interval($0, one.low, one.high) } ?? refused(one.refusal),
        "\(one.seeds) of \(one.seeds + one.absent)",
      ]
    }
    let title = summary.judge?.title ?? "reward"
    return HTML.table(
      ["at the same", "first", "second", "difference", "seeds read there"], rows,
      caption: "The \(title) along single trainings, which are paths and no frontier, interpolated "
        + "within each seed's own curve and never beyond it. At a KL a seed is read only where both "
        + "arms were measured \(nearnessText) of it. FLOPs are shares of each seed's own budget, "
        + "which ends where its cheaper arm does. Brackets are 95 % paired t intervals of one row "
        + "each." + judgeNote(summary.judge))
  }

  private func place(_ one: MatchedComparison) -> String {
    if one.axis == "kl" { return "KL = \(readable(one.at)) nats" }
    let share = one.share.map { ", \(readable(100 * $0)) % of the budget" } ?? ""
    return "\(readable(one.at / 1e9)) GFLOP\(share)"
  }

  /// Where the finished runs of each sweep ended.
  var frontier: String {
    let rows = (summary.frontier?.families ?? []).flatMap { family in
      family.points.map { point in
        [
          HTML.escape(family.name), HTML.escape(point.arm), cell(point.kl), cell(point.reward),
          "\(point.reward.n)",
        ]
      }
    }
    return HTML.table(
      ["method", "setting", "KL, nats", summary.judge?.title ?? "reward", "seeds"], rows,
      caption: "The end of every finished run. Brackets are 95 % Student-t intervals over seeds."
        + judgeNote(summary.judge))
  }

  /// The differences of swept methods over KL, with their simultaneous bands.
  var frontierDifferences: String {
    let rows = (summary.frontier?.comparisons ?? []).flatMap { pair in
      pair.places.map { place in
        [
          "\(HTML.escape(pair.first)) − \(HTML.escape(pair.second))", readable(place.at),
          place.difference.map { interval($0, place.low, place.high) } ?? refused(place.refusal),
          "\(place.seeds) of \(place.seeds + place.absent)", favour(place, pair),
        ]
      }
    }
    return HTML.table(
      [
        "difference", "at a KL of", summary.judge?.title ?? "reward", "seeds read there", "reading",
      ],
      rows,
      caption: "Paired by seed, interpolated between the finished runs of each seed and read only "
        + "where both methods have one \(nearnessText) of the KL, in at least "
        + "\(readable(100 * leastShareOfSeeds)) % of the seeds. Brackets are a 95 % simultaneous band: "
        + "it holds at all KLs of a pair at once." + judgeNote(summary.judge))
  }

  private func favour(_ place: FrontierPlace, _ pair: FrontierComparison) -> String {
    guard let low = place.low, let high = place.high else { return "refused" }
    guard summary.judgeDecides else { return "no verdict" }
    if low > 0 { return "\(HTML.escape(pair.first)) higher" }
    return high < 0 ? "\(HTML.escape(pair.second)) higher" : "undecided"
  }

  private var nearnessText: String {
    let near = Nearness.divergence
    return "within a factor of \(short(near.factor)) or \(short(near.distance)) nats"
  }

  private func value(_ score: Double?) -> String { score.map { " " + readable($0) } ?? "" }

  private func refused(_ reason: String?) -> String {
    "<small>refused: \(HTML.escape(reason ?? ""))</small>"
  }
}
