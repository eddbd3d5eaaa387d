import Evaluation
import ExactTheory
import Foundation
import Reports

/// The tables of the variance page, as HTML.
struct VarianceTables {
  let results: VarianceResults

  /// The fitted exponents along the annealing path.
  var slopes: String {
    HTML.table(
      ["baseline", "slope of trCov/|g|² over 1 − t in [10⁻³, 2·10⁻²]", "noise at 1 − t = 10⁻³"],
      results.exact.path.map { curve in
        [
          HTML.escape(curve.label),
          "\(typeset(curve.slopes.min())) … \(typeset(curve.slopes.max()))",
          readable(curve.noiseToSignal.first ?? .nan),
        ]
      },
      caption:
        "Smallest and largest fitted slope over \(results.exact.path.first?.slopes.count ?? 0) instances. "
        + "A slope of −2 means that the baseline is worth nothing near the optimum.")
  }

  /// Where trainings end on the annealing path, and what no baseline costs there.
  var ends: String {
    HTML.table(
      ["place", "KL(π‖π*), nats", "1 − t", "trCov of none ÷ soft value"],
      results.ends.places.map { place in
        [
          HTML.escape(place.name), typeset(place.suboptimality), typeset(place.remaining),
          "\(typeset(place.noiseRatios.min())) … \(typeset(place.noiseRatios.max()))",
        ]
      },
      caption:
        "The slopes are fitted up to the first row. An arm stands at the 1 − t of its mean final KL(π‖π*), on the paths of the task's own references; "
        + "the ratios there are those of the made-up prompts, smallest and largest. Below one the normaliser is the noisier."
    )
  }

  /// The exact traces against samples.
  var monteCarlo: String {
    HTML.table(
      ["estimator", "exact trCov", "from samples", "difference, standard errors"],
      results.exact.monteCarlo.map { check in
        [
          check.name, readable(check.exact),
          "\(readable(check.estimate)) ± \(readable(check.standardError))",
          typeset(check.deviation),
        ]
      },
      caption:
        "Half-way along the path; the exact numbers against gradients drawn as a trainer draws them."
    )
  }

  /// Each arm inside the transformer at its ends.
  var model: String {
    let names = [
      "none", "reference-sample", "leave-one-out-4", "soft-value", "policy-value", "optimal",
    ]
    let rows = results.model.arms.flatMap { arm in
      [arm.points.first, arm.points.last].compactMap(\.self).map { point in
        ["\(HTML.escape(arm.name)), step \(point.step)", cell(point.suboptimality)]
          + names.map { cell(point.covarianceTraces[$0]) } + [cell(point.preferenceCovarianceTrace)]
      }
    }
    return HTML.table(
      ["policy", "KL(π‖π*)"] + names + ["DPO ÷ β²"], rows,
      caption:
        "Exact covariance traces per rollout, and per labelled pair for DPO; mean over seeds with the 95 % t interval."
    )
  }

  /// The noise scale of every gradient in the currencies that a user pays in.
  var units: String {
    HTML.table(
      [
        "unit", "at", "noise scale trCov/|g|²", "labels a unit", "labels for signal = noise",
        "MFLOP for signal = noise",
      ],
      results.model.units.map { unit in
        [
          HTML.escape(unit.name), unit.place, cell(unit.noiseScale), "\(unit.labels)",
          unit.labels == 0 ? "0" : count(unit.noiseScale.mean * Double(unit.labels)),
          count(unit.noiseScale.mean * unit.flops / 1e6),
        ]
      },
      caption:
        "The noise scale (McCandlish, 2018) is the number of units whose mean has as much noise as signal. A rollout is given the true reward for nothing, "
        + "which no annotator does; the reward model pays the labels for it. The three gradients point in different directions: a scale compares effort, not progress."
    )
  }

  /// Where training ended.
  var training: String {
    HTML.table(
      [
        "arm", "learning rate", "final KL(π‖π*), nats", "(J − J_ref)/(J* − J_ref)",
        "rollouts to 0.9", "reached 0.9", "collapsed",
      ],
      results.training.arms.map { arm in
        [
          HTML.escape(arm.name), short(arm.learningRate), cell(arm.suboptimality),
          cell(arm.objective), cell(arm.rolloutsToNinety), "\(arm.reached) of \(arm.seeds)",
          "\(arm.collapsed) of \(arm.seeds)",
        ]
      },
      caption:
        "Paired seeds, 95 % t intervals. The rate of each arm was tuned with the same number of trials on other seeds. Rollouts to 0.9 are over the seeds that arrived."
    )
  }

  /// Paired differences in log₁₀ of the final suboptimality.
  var differences: String {
    HTML.table(
      ["against", "log₁₀ ratio of the final KL(π‖π*)", "sign-flip p"],
      results.training.differences.map { one in
        [
          "\(HTML.escape(one.first)) − \(HTML.escape(one.second))", cell(one.logRatio),
          typeset(one.signFlipP),
        ]
      }, caption: "Above zero: the first ends farther from the optimum. 0.3 is a factor of two.")
  }

  /// The verdicts.
  var claims: String {
    HTML.table(
      ["claim", "tier", "verdict", "effect"],
      results.claims.map { claim in
        let ends =
          claim.interval.map { " <small>[\(typeset($0[0])), \(typeset($0[1]))]</small>" } ?? ""
        let isBad = claim.verdict == .broken
        return [
          HTML.escape(claim.statement), claim.tier.rawValue,
          "<span class=\"\(isBad ? "fail" : "pass")\">\(claim.verdict.rawValue)</span>"
            + (claim.reason.map { " <small>\(HTML.escape($0))</small>" } ?? ""),
          typeset(claim.effect) + ends,
        ]
      })
  }

  private func cell(_ estimate: Estimate?) -> String {
    guard let estimate, estimate.n > 0 else { return "–" }
    let ends = "<small>[\(typeset(estimate.low)), \(typeset(estimate.high))]</small>"
    return estimate.n > 1 ? "\(typeset(estimate.mean)) \(ends)" : typeset(estimate.mean)
  }

  private func count(_ value: Double) -> String {
    value.isFinite ? fixed(value, decimals: 0) : "–"
  }
}
