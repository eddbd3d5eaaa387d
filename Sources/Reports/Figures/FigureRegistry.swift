import Tasks
package import Workbench

/// What the figures of an experiment are made from.
struct FigureData: Sendable {
  /// The cells of every arm.
  let runs: [ArmRuns]
  /// All cells, those of stages that arms share included.
  let cells: [CellRecord]
  /// Who judges the arms; nil where nothing does.
  let judge: Judge?
}

/// Every maker of figures, in the order of a page: what it makes from an experiment, empty figures included.
///
/// A figure of a training metric is an entry of `diagnostics`, one of an evaluation an entry of `evaluationCurves`; any other is its
/// file and a line here.
private let figureMakers: [@Sendable (FigureData) -> [Figure]] = [
  rewardCurveFigures, frontierFigures, evaluationFigures, finalFigures, diagnosticFigures,
]

/// The figures of an experiment that have something to show.
package func experimentFigures(_ cells: [CellRecord], facts: SpecificationFacts) -> [Figure] {
  let runs = ArmRuns.group(cells, by: facts)
  let data = FigureData(runs: runs, cells: cells, judge: judge(of: runs, facts: facts))
  return figureMakers.flatMap { $0(data) }.filter { !$0.isEmpty }
}

/// What every figure and table that shows a judge's numbers adds to its caption; nothing of the gold, which needs no excuse.
func judgeNote(_ judge: Judge?) -> String {
  guard let judge, judge != .gold else { return "" }
  return " " + judge.caption
}
