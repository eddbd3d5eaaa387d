package import Foundation
package import Identities
package import Reports
package import Workbench

/// The page of the variance argument: an article whose numbers all come from the run.
struct VariancePage {
  let results: VarianceResults
  /// The drawing of each figure by its name; empty where gnuplot was missing.
  let drawings: [String: String]

  /// The whole page; it needs no network.
  var html: String {
    let sections = HTML.sections(parts)
    return """
      <!doctype html>
      <html lang="en"><head><meta charset="utf-8"><title>The variance argument, in numbers</title>
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <style>\(reportStyle)\(articleStyle)</style></head><body>
      <header><div><h1>The variance argument, in numbers</h1>
      <p>Section 5.2 of <i>Direct Preference Optimization</i> (Rafailov et al., 2023) remarks that without the normaliser
      β log Z the policy gradient could have high variance. It reports no experiment. Here is one: the derivation, each
      step with its numerical check; the variance of every baseline, exactly; the same inside a transformer; and what it
      does to training.</p>
      \(sections.navigation)</div></header><main>
      \(sections.body)
      </main></body></html>

      """
  }

  /// The text and tables of a section, around all of its figures.
  private func parts(of section: PageSection) -> [String] {
    let article = VarianceArticle(identities: results.identities)
    let tables = VarianceTables(results: results)
    let figures = results.figures.filter { $0.section == section }
    let all = HTML.grid(figures, drawings: drawings)
    switch section {
    case .derivation: return [article.derivation, all]
    case .remark: return [article.remark, all]
    case .exact:
      // The parabola stands with its text, the path and the offset with theirs.
      return [
        article.parabola, HTML.grid(figures.prefix(1), drawings: drawings), article.path,
        HTML.grid(figures.dropFirst(), drawings: drawings), tables.slopes, tables.ends,
        tables.monteCarlo,
      ]
    case .transformer: return [article.transformer, all, tables.model, tables.units]
    case .training: return [article.training, all, tables.training, tables.differences]
    case .verdict: return [article.verdict, tables.claims, all]
    case .reproduce: return [article.reproduction, all]
    default: return [all]
    }
  }
}

/// Formulae in plain HTML, so that they are legible without a network.
private let articleStyle = """

  main p, main ol, main ul { max-width: 800px }
  .formula { font: italic 18px/1.6 "STIX Two Text", "Cambria Math", Georgia, serif; margin: 10px 0 10px 28px }
  .formula b { font-style: normal; font-weight: 400; color: var(--soft); font-size: 14px; margin-left: 22px }
  .check { font-size: 14px; color: #00704f; margin: -4px 0 14px 28px } .check.fail { color: #b3261e }
  .step { border-left: 3px solid var(--line); padding-left: 18px; margin: 18px 0 }
  """

/// Everything that `tandem variance` found, ready to be written.
package struct VarianceResults: Sendable {
  /// The first act.
  package let exact: ExactAct
  /// The second act.
  package let model: ModelAct
  /// The third act.
  package let training: TrainingAct
  /// Where the trainings of the third act stand on the path of the first.
  package let ends: TrainingEnds
  /// The theorems behind them.
  package let identities: [VerifiedIdentity]
  private let trainingCells: [CellRecord]

  /// Reads the two finished runs, measures the units' noise, and computes the exact act.
  ///
  /// - Parameters:
  ///   - model: The finished run inside the transformer, with gradients measured.
  ///   - training: The finished run of the baselines.
  ///   - samples: How many sampled gradients check each exact trace.
  /// - Throws: `RunStoreError` where a run is not finished.
  package init(model: ExperimentRunner, training: ExperimentRunner, samples: Int) throws {
    exact = ExactAct(samples: samples)
    let seeds = model.specification.seeds.values.map { seed in
      SeedWork(
        specification: model.specification, task: model.task, store: model.store, seed: seed)
    }
    let units = try seeds.map { try $0.gradientUnits() }
    self.model = ModelAct(
      model.specification, cells: try model.records(), units: GradientUnit.averaged(units))
    trainingCells = try training.records()
    self.training = TrainingAct(training.specification, cells: trainingCells)
    ends = TrainingEnds(
      TaskPath(goals: try seeds.compactMap { try $0.goal() }), training: self.training,
      instances: ExactAct.instances())
    identities = try Identity.verifyAll()
  }

  /// The claims of the three acts.
  package var claims: [Claim] {
    Claim.decided(exact.claims(ends) + model.claims + training.claims)
  }

  /// What is committed of the numbers.
  package var summary: VarianceSummary {
    VarianceSummary(exact: exact, model: model, training: training, ends: ends)
  }

  /// The figures, act by act.
  var figures: [Figure] {
    exact.figures(ends) + model.figures + training.figures(trainingCells)
  }

  /// Writes summary.json, curves.csv, claims.json, figures and the page.
  ///
  /// - Throws: ``FigureError`` where gnuplot is missing, after everything else is written.
  package func write(to folder: URL) async throws {
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
