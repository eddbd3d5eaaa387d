public import Evaluation
public import Foundation

/// Everything that `tandem variance` found, ready to be written.
public struct VarianceResults: Sendable {
  /// The first act.
  public let exact: ExactAct
  /// The second act.
  public let model: ModelAct
  /// The third act.
  public let training: TrainingAct
  /// The theorems behind them.
  public let identities: [VerifiedIdentity]
  private let trainingCells: [CellRecord]

  /// Reads the two finished runs, measures the units' noise, and computes the exact act.
  ///
  /// - Parameters:
  ///   - model: The finished run inside the transformer, with gradients measured.
  ///   - training: The finished run of the baselines.
  ///   - samples: How many sampled gradients check each exact trace.
  /// - Throws: `RunStoreError` where a run is not finished.
  public init(model: ExperimentRunner, training: ExperimentRunner, samples: Int) throws {
    exact = ExactAct(samples: samples)
    let units = try model.specification.seeds.values.map { seed in
      try SeedWork(
        specification: model.specification, task: model.task, store: model.store, seed: seed
      ).gradientUnits()
    }
    self.model = ModelAct(
      model.specification, cells: try model.records(), units: GradientUnit.averaged(units))
    trainingCells = try training.records()
    self.training = TrainingAct(training.specification, cells: trainingCells)
    identities = try Identity.verifyAll()
  }

  /// The claims of the three acts.
  public var claims: [Claim] { exact.claims + model.claims + training.claims }

  /// What is committed of the numbers.
  public var summary: VarianceSummary {
    VarianceSummary(exact: exact, model: model, training: training)
  }

  /// The figures, act by act.
  var figures: [Figure] { exact.figures + model.figures + training.figures(trainingCells) }

  /// Writes summary.json, curves.csv, claims.json, figures and the page.
  ///
  /// - Throws: ``FigureError`` where gnuplot is missing, after everything else is written.
  public func write(to folder: URL) async throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let curves = VarianceCurves(
      exact: exact, model: model, training: training, cells: trainingCells)
    try encodeRecord(summary).write(to: folder.appending(path: "summary.json"), options: .atomic)
    try Data(curves.csv.utf8).write(to: folder.appending(path: "curves.csv"), options: .atomic)
    try ClaimFile(claims).write(to: folder)
    try await writePage(figures: figures, to: folder) { drawings in
      VariancePage(results: self, drawings: drawings).html
    }
  }
}
