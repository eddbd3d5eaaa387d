import Evaluation

extension ReportTables {
  /// What may be concluded: every claim with its verdict, and why a void one is void.
  var claims: String {
    let claims = experimentClaims(summary)
    let tests = claims.flatMap { [$0.p, $0.equivalenceP].compactMap(\.self) }.count
    let margin = summary.facts.equivalenceMargin
    let rows = claims.map { claim in
      [
        HTML.escape(claim.statement), badge(claim.verdict), effect(of: claim),
        claim.adjustedP.map(brief) ?? "–",
      ] + (margin == nil ? [] : [claim.seedsNeeded(among: tests).map { "\($0)" } ?? "–"])
        + [HTML.escape(claim.reason ?? "")]
    }
    return HTML.table(
      ["claim", "verdict", "effect", "adjusted p"]
        + (margin.map { ["seeds that would see \(short($0))"] } ?? []) + ["why void"], rows,
      caption: "A paired t test over seeds, corrected by Holm over all claims of this experiment, "
        + "decides at \(Criterion.level). Unhealthy runs, levels that were not measured and fewer "
        + "than \(Criterion.fewestSeeds) seeds decide nothing."
        + (margin == nil ? "" : " Seeds are counted for power 0.8 after the correction."))
  }

  private func badge(_ verdict: ClaimVerdict) -> String {
    switch verdict {
    case .reproduced: "<span class=\"pass\">\(verdict.rawValue)</span>"
    case .contradicted, .void: "<span class=\"fail\">\(verdict.rawValue)</span>"
    default: verdict.rawValue
    }
  }

  private func effect(of claim: Claim) -> String {
    guard let effect = claim.effect, let ends = claim.interval else { return "–" }
    return "\(readable(effect)) <small>[\(readable(ends[0])), \(readable(ends[1]))]</small>"
  }
}

extension Claim {
  /// The paired seeds at which the test would find a difference as large as the margin with probability 0.8.
  ///
  /// The deviation of the differences is that of the seeds there are, and the level that of the strictest of
  /// Holm's tests, 0.05 ÷ `tests`. Nil without a margin, without an interval, or beyond 10,000 seeds.
  ///
  /// - Parameter tests: How many p-values are corrected together.
  /// - Returns: The number of seeds.
  package func seedsNeeded(among tests: Int) -> Int? {
    guard let margin = criterion?.margin, let effect, let interval, let seeds, seeds > 1 else {
      return nil
    }
    let estimate = MeanEstimate(mean: effect, low: interval[0], high: interval[1], count: seeds)
    let deviation = estimate.standardError * Double(seeds).squareRoot()
    guard deviation > 0, deviation.isFinite else { return nil }
    return pairsNeeded(
      effect: margin, deviation: deviation, level: Criterion.level / Double(max(1, tests)))
  }
}
