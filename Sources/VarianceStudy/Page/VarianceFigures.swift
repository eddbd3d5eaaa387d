import Evaluation
import ExactTheory
import Foundation
import Reports
import Training
import Workbench

/// The colour of each estimator in every figure of the variance argument.
private func color(of estimator: String) -> String {
  let colors = [
    "none": "#D55E00", "dataset-mean": "#E69F00", "reference-sample": "#CC79A7",
    "log-mean-exp-4": "#B8A000", "log-mean-exp-16": "#7A6A00", "leave-one-out-4": "#009E73",
    "leave-one-out": "#009E73", "batch-mean": "#56B4E9", "soft-value": "#0072B2",
    "policy-value": "#56B4E9", "optimal": "#000000", "learned-value": "#888888",
    "none whitened": "#7F3C8D", "none reward-to-go": "#8B4513", "soft-value whitened": "#00B5D8",
  ]
  return colors[estimator] ?? "#555555"
}

private func label(of estimator: String) -> String {
  GradientEstimator.compared.first { $0.name == estimator }?.label
    ?? estimator.replacing("-", with: " ")
}

extension ExactAct {
  /// The parabola, the path and the offsets.
  func figures(_ ends: TrainingEnds) -> [Figure] {
    [parabolaFigure, pathFigure(ends), offsetFigure]
  }

  private var parabolaFigure: Figure {
    let curve = (0...80).map { -0.4 + 0.04 * Double($0) }.map { b in
      FigurePoint(
        x: b,
        y: parabola.leastCovarianceTrace
          + (b - parabola.optimalBaseline) * (b - parabola.optimalBaseline) * parabola.fisherTrace)
    }
    return Figure(
      name: "exact-parabola", section: .exact,
      title: "Every baseline of one number is a point on one parabola",
      caption:
        "Exact covariance trace of the policy gradient per sampled completion, for p = (1/2, 1/3, 1/6), r = (0, 1, 3), β = 1 at the policy q = (0.2, 0.3, 0.5). "
        + "A random baseline stands at its mean, above the parabola by its variance times F; leave-one-out likewise.",
      xLabel: "baseline b, or its mean", yLabel: "trCov",
      series: [
        FigureSeries(
          name: "trCov(b*) + (b − b*)² F", color: "#999999", style: .line, points: curve)
      ]
        + parabola.marks.map { mark in
          FigureSeries(
            name: mark.label, color: color(of: mark.name), style: .disc,
            points: [FigurePoint(x: mark.baseline, y: mark.covarianceTrace)])
        })
  }

  private func pathFigure(_ ends: TrainingEnds) -> Figure {
    let start = path.first?.noiseToSignal.first ?? 1
    let guide = ExactAct.path.map { FigurePoint(x: $0, y: start * 1e-6 / ($0 * $0) * 3) }
    let marks = [(ends.place(of: "soft value"), "#0072B2"), (ends.place(of: "none"), "#D55E00")]
    let verticals = marks.compactMap { place, color in
      place.map { place in
        FigureSeries(
          name: "training ends, \(place.name)", color: color, style: .guide,
          points: [1, start].map { FigurePoint(x: place.remaining, y: $0) })
      }
    }
    return Figure(
      name: "exact-path", section: .exact, title: "Noise against signal on the way to the optimum",
      caption:
        "Exact noise-to-signal ratio trCov/|g|² per sampled completion along q_t ∝ p·exp(t·r/β), against u = 1 − t: the optimum lies to the left. "
        + "Dashed: u⁻², and where trainings end: at the place of the path that has as much KL(q_t‖π*) left. "
        + "One made-up prompt of 64 completions with log-linear scores.",
      xLabel: "u = 1 − t", yLabel: "trCov / |g|²", xScale: .logarithmic, yScale: .logarithmic,
      series: [FigureSeries(name: "u⁻²", color: "#999999", style: .guide, points: guide)]
        + path.map { $0.series } + verticals)
  }

  private var offsetFigure: Figure {
    Figure(
      name: "exact-offset", section: .exact, title: "A constant added to the reward",
      caption:
        "Exact noise-to-signal ratio at the reference when a constant is added to all rewards, which moves neither the gradient nor the optimum. "
        + "Baselines that move with the reward do not notice; without one the noise is a parabola.",
      xLabel: "offset, standard deviations of the reward under the reference",
      yLabel: "trCov / |g|²", yScale: .logarithmic, series: offsets.map { $0.series })
  }
}

extension ExactAct.Curve {
  fileprivate var series: FigureSeries {
    FigureSeries(
      name: label, color: color(of: name), style: .line,
      points: zip(x, noiseToSignal).map { FigurePoint(x: $0, y: $1) })
  }
}

extension FigurePoint {
  fileprivate init(x: Double, _ estimate: Estimate) {
    self.init(x: x, y: estimate.mean, low: estimate.low, high: estimate.high)
  }
}

extension ModelAct {
  /// Noise along every arm, the learned value's error, and what DPO's gradient does meanwhile.
  var figures: [Figure] {
    arms.map(noiseFigure) + [valueErrorFigure, cosineFigure].filter { !$0.isEmpty }
  }

  private static let shown = [
    "none", "reference-sample", "leave-one-out-4", "learned-value", "soft-value", "optimal",
  ]

  private func noiseFigure(_ arm: Arm) -> Figure {
    let seeds = arm.points.first?.suboptimality.n ?? 0
    let policy = Self.shown.map { name in
      FigureSeries(
        name: label(of: name), color: color(of: name), style: .band,
        points: arm.points.compactMap { point in
          point.covarianceTraces[name].map { FigurePoint(x: Double(point.step), $0) }
        })
    }
    let preferences = FigureSeries(
      name: "DPO, per pair ÷ β²", color: "#7F3C8D", style: .band,
      points: arm.points.map { FigurePoint(x: Double($0.step), $0.preferenceCovarianceTrace) })
    let suboptimality = FigureSeries(
      name: "KL(π‖π*), nats", color: "#999999", style: .guide,
      points: arm.points.map { FigurePoint(x: Double($0.step), y: $0.suboptimality.mean) })
    return Figure(
      name: "model-noise-\(slug(arm.name))", section: .transformer,
      title: "Noise of the gradients at the policies of \(arm.name)",
      caption:
        "Exact covariance traces inside the transformer, mean over \(seeds) seeds with the 95 % t interval; dashed: how far the policy is from the optimum. "
        + "DPO's trace is that of its own loss at the same policies, for labels of the true reward.",
      xLabel: "updates of \(arm.name)", yLabel: "trCov", yScale: .logarithmic,
      series: policy + [preferences, suboptimality])
  }

  private var valueErrorFigure: Figure {
    Figure(
      name: "model-value-error", section: .transformer,
      title: "How good a baseline the learned value is",
      caption:
        "E[(V − b*)²·F] over E[b*²·F]: zero is the optimal baseline, one is no baseline at all, more is worse than none. Value model with a zero head, trained beside PPO.",
      xLabel: "PPO iterations", yLabel: "e² / b*²", yScale: .logarithmic,
      series: arms.map { arm in
        FigureSeries(
          name: arm.name, color: color(of: "learned-value"), style: .band,
          points: arm.points.compactMap { point in
            point.valueError.map { FigurePoint(x: Double(point.step), $0) }
          })
      })
  }

  private var cosineFigure: Figure {
    Figure(
      name: "model-cosine", section: .transformer,
      title: "Does DPO's gradient point where the policy gradient does?",
      caption:
        "Cosine between DPO's exact descent direction and the exact policy gradient, over all prompts, against the distance from the optimum.",
      xLabel: "KL(π‖π*), nats", yLabel: "cosine", xScale: .logarithmic,
      series: arms.enumerated().map { index, arm in
        FigureSeries(
          name: "policies of \(arm.name)", color: Palette.color(of: arm.name, at: index),
          style: .barredLine,
          points: arm.points.map { FigurePoint(x: $0.suboptimality.mean, $0.cosine) })
      })
  }

  private func slug(_ name: String) -> String {
    name.lowercased().replacing(" ", with: "-")
  }
}

extension TrainingAct {
  /// The ends of all arms, and the ways there from the cells.
  func figures(_ cells: [CellRecord]) -> [Figure] {
    let offsets = Set(arms.map(\.offset)).sorted()
    return offsets.map { curves(cells, offset: $0) } + [ends(offsets)]
  }

  private func curves(_ cells: [CellRecord], offset: Double) -> Figure {
    let shown = arms.filter { $0.offset == offset }
    return Figure(
      name: "training-offset-\(short(offset))", section: .training,
      title: "Distance from the optimum, reward offset \(short(offset)) sd",
      caption:
        "Exact KL(π‖π*) of the policy, mean over \(shown.first?.seeds ?? 0) paired seeds with the 95 % t interval; every arm at its own tuned learning rate.",
      xLabel: "updates", yLabel: "KL(π‖π*), nats", yScale: .logarithmic,
      series: shown.map { arm in
        let own = cells.filter { $0.arm == arm.name }
        let places = own.map(\.evaluations.count).min() ?? 0
        return FigureSeries(
          name: label(of: arm.estimator), color: color(of: arm.estimator), style: .band,
          points: (0..<places).map { place in
            let rows = own.map { $0.evaluations[place] }
            return FigurePoint(
              x: Double(rows.first?.step ?? 0),
              Estimate(over: rows.map { $0.values[.suboptimality] ?? .nan }))
          })
      })
  }

  private func ends(_ offsets: [Double]) -> Figure {
    let names = arms.map(\.estimator).reduce(into: [String]()) { names, name in
      if !names.contains(name) { names.append(name) }
    }
    return Figure(
      name: "training-end", section: .training, title: "Where training with each baseline ended",
      caption:
        "Mean log₁₀ of the final KL(π‖π*) over paired seeds with the 95 % t interval; lower is better.",
      xLabel: "", yLabel: "log₁₀ KL(π‖π*) at the end",
      categories: names.map(label(of:)),
      series: offsets.enumerated().map { index, offset in
        FigureSeries(
          name: "offset \(short(offset)) sd", color: index == 0 ? "#0072B2" : "#D55E00",
          style: .errorBar,
          points: arms.filter { $0.offset == offset }.map { arm in
            let place = Double(names.firstIndex(of: arm.estimator) ?? 0)
            return FigurePoint(x: place + 0.16 * Double(2 * index - 1), arm.logSuboptimality)
          })
      })
  }
}
