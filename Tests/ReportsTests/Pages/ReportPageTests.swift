import Foundation
import Reports
import TestSupport
import Testing

@Suite struct ReportPageTests {
  /// Whether the page has a row of these cells.
  private func hasRow(_ cells: [String]) async throws -> Bool {
    let row = cells.enumerated().map { $0 == 0 ? "<th>\($1)</th>" : "<td>\($1)</td>" }.joined()
    return try await HandResults.text("report.html").contains("<tr>\(row)</tr>")
  }

  @Test func headNamesTheExperiment() async throws {
    let page = try await HandResults.text("report.html")
    #expect(page.hasPrefix("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"))
    #expect(page.contains("<title>Hand &amp; &lt;made&gt;</title>"))
    #expect(
      page.contains(
        "<p>2 paired seeds · task aspect-reviews · 1234 parameters · β = 0.25 for both pipelines</p>"
      ))
    #expect(page.contains("<div class=\"said\">1 &lt; 2</div>"))
    #expect(page.contains("<pre>make &quot;it&quot;</pre>"))
  }

  // J of PPO is 2.25 and 3.75, of SFT 1: 2 ± 12.7062·0.75. That of best-of-n is a bound.
  @Test func cardsSayWhatEachArmGained() async throws {
    let page = try await HandResults.text("report.html")
    #expect(
      page.contains(
        """
        <div class="card" style="border-color:#0072B2"><span>PPO</span>
        <b>+2.00</b><span>objective J over SFT; 95 % interval -7.53 to 11.5</span></div>
        """))
    #expect(page.contains("<b>≥ +4.88</b><span>objective J over SFT; 95 % interval 4.88 to 4.88"))
  }

  @Test func endsAreMeansWithStudentIntervals() async throws {
    let one = "1.00 <small>[1.00, 1.00]</small>"
    // Proxy 2 and 3, KL 3 and 5; nobody logged a win rate, an entropy or a length, so there is no column of them.
    let page = try await HandResults.text("report.html")
    #expect(
      page.contains(
        "<th>policy</th><th>objective J</th><th>gold reward</th><th>proxy reward</th><th>KL, nats</th>"
          + "<th>EOS rate</th>"))
    #expect(
      try await hasRow([
        "PPO", "3.00 <small>[-6.53, 12.5]</small>", "4.00 <small>[-8.71, 16.7]</small>",
        "2.50 <small>[-3.85, 8.85]</small>",
        "4.00 <small>[-8.71, 16.7]</small>", one,
      ]))
    #expect(
      try await hasRow([
        "SFT (π_ref)", one, one, "-0.50 <small>[-6.85, 5.85]</small>",
        "0.00 <small>[0.00, 0.00]</small>", one,
      ]))
  }

  @Test func objectiveOfBestOfNIsMarkedAsABound() async throws {
    let page = try await HandResults.text("report.html")
    #expect(page.contains("<th>best-of-n</th><td>≥ 5.88 <small>[5.88, 5.88]</small></td>"))
    #expect(
      page.contains(
        "<th>DPO − best-of-n</th><td>objective J</td><td>≤ -2.25 <small>[-3.84, -0.66]</small></td>"
      ))
    #expect(page.contains("so its J is a lower one, marked ≥."))
  }

  // A resample of two differences has the mean of the first, of both, or of the second.
  @Test func differencesArePairedAndRead() async throws {
    #expect(
      try await hasRow([
        "PPO − SFT", "gold reward", "3.00 <small>[-9.71, 15.7]</small>",
        "3.00 <small>[2.00, 4.00]</small>", "1.00 <small>[1.00, 1.00]</small>", "0.50", "undecided",
      ]))
    #expect(
      try await hasRow([
        "DPO − SFT", "gold reward", "3.00 <small>[3.00, 3.00]</small>",
        "3.00 <small>[3.00, 3.00]</small>", "1.00 <small>[1.00, 1.00]</small>", "0.50",
        "<span class=\"pass\">higher</span>",
      ]))
    #expect(
      try await hasRow([
        "DPO − best-of-n", "gold reward", "-2.00 <small>[-2.00, -2.00]</small>",
        "-2.00 <small>[-2.00, -2.00]</small>", "0.00 <small>[0.00, 0.00]</small>", "0.50",
        "<span class=\"fail\">lower</span>",
      ]))
  }

  // At 1 nat only the first seed was measured nearby; at half a nat PPO was in none.
  @Test func matchedRowsSayWhoReachesThem() async throws {
    #expect(
      try await hasRow([
        "KL = 1.00 nats", "PPO 2.00", "DPO 4.00", "-2.00", "1 of 2",
      ]))
    #expect(
      try await hasRow([
        "KL = 0.50 nats", "PPO", "DPO",
        "<small>refused: of 2 seeds 2 without a measured point nearby</small>", "0 of 2",
      ]))
    #expect(
      try await hasRow([
        "1.00 GFLOP, 100 % of the budget", "PPO 2.00", "DPO 4.00",
        "-2.00 <small>[-2.00, -2.00]</small>", "2 of 2",
      ]))
    #expect(try await !HandResults.text("report.html").contains("KL = 4.00 nats"))
  }

  @Test func costsAreMeansOverSeeds() async throws {
    // Rollouts 7 and 8 are 7 whole ones; operations 2 and 4 billion.
    #expect(try await hasRow(["PPO", "15", "0", "7", "3.00e+06", "1000", "3.00"]))
  }

  @Test func certificateShowsItsWorstSeedAndHowManyPassed() async throws {
    #expect(
      try await hasRow(["ratio", "1", "1", "exactly", "<span class=\"pass\">all 6</span>"]))
    #expect(
      try await hasRow([
        "loss &lt;ln 2&gt;", "0.7", "0.5", "± 0.01", "<span class=\"fail\">3 of 6</span>",
      ]))
  }

  @Test func stabilityCountsRunsAndNamesMetrics() async throws {
    let dash = "–"
    #expect(
      try await hasRow(["completed / diverged / collapsed", "2 / 0 / 0", "2 / 0 / 0", "2 / 0 / 0"]))
    #expect(
      try await hasRow([
        "ratio largest", "1.50 <small>[1.50, 1.50]</small>", dash, dash,
      ]))
    #expect(
      try await hasRow([
        "gradient norm mean", "1.50 <small>[-4.85, 7.85]</small>",
        "1.50 <small>[-4.85, 7.85]</small>", dash,
      ]))
  }

  // 0.6/0.8 and 0.8/0.8: a ratio for each seed, not of the means.
  @Test func rewardModelIsComparedWithTheBestPossible() async throws {
    #expect(
      try await hasRow([
        "held-out accuracy over Bayes accuracy", "0.88 <small>[-0.71, 2.46]</small>",
      ]))
    #expect(
      try await hasRow(["Spearman correlation with gold", "0.25 <small>[0.25, 0.25]</small>"]))
  }

  @Test func samplesAreThoseOfTheFirstSeedAndEscaped() async throws {
    #expect(try await hasRow(["p", "&lt;PPO&gt; 1", "1.23", "&quot;r&quot;", "-0.50"]))
    #expect(try await !HandResults.text("report.html").contains("&lt;PPO&gt; 2"))
  }

  @Test func settingsOfEveryArmStandAtTheEnd() async throws {
    #expect(try await hasRow(["DPO", "dpo", "beta 0.25"]))
    #expect(try await hasRow(["best-of-n", "best-of-n", "n 1, 4"]))
  }

  @Test func everyLinkLeadsToASection() async throws {
    let page = try await HandResults.text("report.html")
    let links = page.split(separator: "href=\"#").dropFirst().compactMap {
      $0.split(separator: "\"").first
    }
    let sections = page.split(separator: "<section id=\"").dropFirst().compactMap {
      $0.split(separator: "\"").first
    }
    #expect(links == sections)
    #expect(
      links == [
        "expectation", "curves", "end", "cost", "stability", "certificate", "stages", "samples",
        "reproduce",
      ])
    for link in links { #expect(page.contains("<section id=\"\(link)\">"), "\(link)") }
  }

  @Test func drawingsStandInThePageWithoutTheirPrologue() async throws {
    let page = try await HandResults.text("report.html")
    guard try await HandResults.exists("gold-by-kl.svg") else {
      #expect(page.contains("not drawn: gnuplot is missing; the data are in gold-by-kl.csv"))
      return
    }
    #expect(page.contains("<figure id=\"gold-by-kl\"><svg"))
    #expect(!page.contains("<?xml") && !page.contains("not drawn"))
  }
}

@Suite struct PageSectionTests {
  /// The page of an experiment that found nothing, with these figures.
  private func page(_ figures: [Figure]) -> String {
    let summary = summarize([], facts: HandCells.factsOfOneSeed)
    return ReportPage(summary: summary, figures: figures, drawings: [:], samples: []).html
  }

  private func figure(_ section: PageSection) -> Figure {
    Figure(
      name: "in-\(section.rawValue)", section: section, title: "T", caption: "C", xLabel: "x",
      yLabel: "y",
      series: [
        FigureSeries(name: "a", color: "#000000", style: .line, points: [FigurePoint(x: 0, y: 1)])
      ])
  }

  @Test(arguments: PageSection.allCases)
  func everySectionShowsItsFigures(section: PageSection) {
    let page = page([figure(section)])
    #expect(page.contains("<figure id=\"in-\(section.rawValue)\">"))
    #expect(page.contains("<section id=\"\(section.rawValue)\"><h2>\(section.title)</h2>"))
    #expect(page.contains("<a href=\"#\(section.rawValue)\">\(section.link)</a>"))
  }

  @Test func figuresStandInTheOrderOfSections() {
    let page = page(PageSection.allCases.reversed().map(figure))
    let places = PageSection.allCases.compactMap { section in
      page.firstRange(of: "<figure id=\"in-\(section.rawValue)\">")?.lowerBound
    }
    #expect(places.count == PageSection.allCases.count)
    #expect(zip(places, places.dropFirst()).allSatisfy(<))
  }

  @Test func whatWasNotFoundHasNoHeading() {
    let page = page([])
    for section in PageSection.allCases where ![.expectation, .reproduce].contains(section) {
      #expect(!page.contains("<section id=\"\(section.rawValue)\">"), "\(section)")
    }
    #expect(!page.contains("<figure") && !page.contains("class=\"cards\""))
    #expect(!page.contains("<h3>"))
  }

  /// Every figure of the experiment by hand, which has one of nearly every kind.
  @Test func everyFigureThatIsDrawnIsShown() async throws {
    let page = try await HandResults.text("report.html")
    let figures = experimentFigures(HandCells.cells, facts: HandCells.facts)
    #expect(figures.count == 15)
    for figure in figures {
      #expect(try await HandResults.exists("\(figure.name).csv"))
      #expect(page.contains("<figure id=\"\(figure.name)\">"), "\(figure.name)")
    }
  }
}
