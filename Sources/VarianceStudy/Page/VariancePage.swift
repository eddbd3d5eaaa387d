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
    """
    <!doctype html>
    <html lang="en"><head><meta charset="utf-8"><title>The variance argument, in numbers</title>
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <style>\(reportStyle)\(articleStyle)</style></head><body>
    \(header)<main>
    \(sections.joined(separator: "\n"))
    </main></body></html>

    """
  }

  private var header: String {
    let links = [
      ("derivation", "Derivation"), ("remark", "The remark"), ("exact", "Exact"),
      ("transformer", "In a transformer"), ("training", "In training"), ("true", "What is true"),
      ("reproduce", "Reproduce"),
    ].map { "<a href=\"#\($0.0)\">\($0.1)</a>" }
    return """
      <header><div><h1>The variance argument, in numbers</h1>
      <p>Section 5.2 of <i>Direct Preference Optimization</i> (Rafailov et al., 2023) remarks that without the normaliser
      β log Z the policy gradient could have high variance. It reports no experiment. Here is one: the derivation, each
      step with its numerical check; the variance of every baseline, exactly; the same inside a transformer; and what it
      does to training.</p>
      <nav>\(links.joined())</nav></div></header>
      """
  }

  private var sections: [String] {
    let article = VarianceArticle(identities: results.identities)
    let tables = VarianceTables(results: results)
    return [
      HTML.section("derivation", "From the objective to DPO, step by step", article.derivation),
      HTML.section("remark", "The remark of section 5.2", article.remark),
      HTML.section(
        "exact", "Exactly", article.parabola, figures("exact-parabola"), article.path,
        figures("exact-path", "exact-offset"), tables.slopes, tables.monteCarlo),
      HTML.section(
        "transformer", "Inside a transformer", article.transformer, figures("model-noise-"),
        tables.model, figures("model-value-error", "model-cosine"), tables.units),
      HTML.section(
        "training", "Does it matter for learning?", article.training, figures("training-"),
        tables.training, tables.differences),
      HTML.section(
        "true", "What is true, and what is only half true", article.verdict, tables.claims),
      HTML.section("reproduce", "How to reproduce this page", article.reproduction),
    ]
  }

  private func figures(_ prefixes: String...) -> String {
    let chosen = results.figures.filter { figure in
      prefixes.contains { figure.name.hasPrefix($0) }
    }
    let parts = chosen.map { HTML.figure($0, svg: drawings[$0.name]) }
    return "<div class=\"figures\">\(parts.joined(separator: "\n"))</div>"
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
  package var claims: [Claim] { exact.claims + model.claims + training.claims }

  /// What is committed of the numbers.
  package var summary: VarianceSummary {
    VarianceSummary(exact: exact, model: model, training: training)
  }

  /// The figures, act by act.
  var figures: [Figure] { exact.figures + model.figures + training.figures(trainingCells) }

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
