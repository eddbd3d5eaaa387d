import Evaluation
import LanguageModel

/// Gold reward of every pair of trained arms at the same KL and at the same FLOPs.
///
/// The places are fixed KLs, and quarters of the range of FLOPs that both arms reach. KL curves are made
/// monotone first, since noise makes them turn back; cost curves only go forward and are read as they are.
func matchedComparisons(_ runs: [ArmRuns]) -> [MatchedComparison] {
  let trained = runs.filter(\.isTrained)
  let pairs = trained.indices.flatMap { i in
    trained.indices.dropFirst(i + 1).map { (trained[i], trained[$0]) }
  }
  return pairs.flatMap { first, second in
    CurveAxis.allCases.filter { $0 != .step }.flatMap { matched(first, second, on: $0) }
  }
}

private func matched(_ first: ArmRuns, _ second: ArmRuns, on axis: CurveAxis)
  -> [MatchedComparison]
{
  let seeds = first.cells.map(\.seed).filter { seed in second.cells.contains { $0.seed == seed } }
  let firstCurves = curves(first, seeds: seeds, axis: axis)
  let secondCurves = curves(second, seeds: seeds, axis: axis)
  return places(axis, in: firstCurves + secondCurves).compactMap { place in
    guard let found = matchedDifference(firstCurves, minus: secondCurves, at: place) else {
      return nil
    }
    let interval = found.difference
    let exact = found.seeds > 1
    return MatchedComparison(
      axis: axis.rawValue, at: rounded(place), first: first.name, second: second.name,
      firstGold: rounded(found.first), secondGold: rounded(found.second),
      difference: rounded(interval.estimate),
      low: exact ? rounded(interval.lower) : nil, high: exact ? rounded(interval.upper) : nil,
      seeds: found.seeds, absent: found.absent)
  }
}

private func curves(_ run: ArmRuns, seeds: [Int], axis: CurveAxis) -> [MatchedCurve] {
  seeds.compactMap { seed in run.cells.first { $0.seed == seed } }.map { cell in
    MatchedCurve(
      costs: cell.evaluations.map {
        // The maximum of 0 and NaN is 0, that of NaN and 0 stays NaN, which a curve leaves out.
        axis == .kl ? max($0.values["eval/kl"] ?? .nan, 0) : $0.cost.flops
      },
      scores: cell.evaluations.map { $0.values["eval/gold_reward"] ?? .nan },
      fit: axis == .kl ? .isotonic : .none)
  }
}

private func places(_ axis: CurveAxis, in curves: [MatchedCurve]) -> [Double] {
  guard axis == .flops else { return [0.5, 1, 2, 4, 8] }
  guard let range = commonRange(of: curves) else { return [] }
  return [0.25, 0.5, 0.75, 1].map {
    range.lowerBound + $0 * (range.upperBound - range.lowerBound)
  }
}
