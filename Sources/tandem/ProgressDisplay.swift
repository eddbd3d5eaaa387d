import Evaluation
import Foundation
import Synchronization
import Workbench

/// One line over all cells, with the time that is left; a plain line every ten seconds without a terminal.
struct ProgressDisplay {
  private let plan: [(cell: Cell, weight: Double)]
  private let style: Style
  private let start = ContinuousClock.now
  private var fractions: [Cell: Double] = [:]
  private var latest: [Cell: CellProgress] = [:]
  private var earlierWork = 0.0
  private var lastShown: ContinuousClock.Instant?

  /// How progress is shown.
  enum Style {
    /// One line, drawn over and over.
    case bar
    /// Lines that stay.
    case plain
  }

  init(_ plan: ExperimentPlan, style: Style = .detected) {
    self.plan = plan.entries.map { ($0.cell, $0.estimatedFLOPs) }
    self.style = style
  }

  /// Takes an event; shows the line if it is time.
  mutating func take(_ event: CellProgress) {
    fractions[event.cell] = event.fraction
    latest[event.cell] = event.fraction < 1 ? event : nil
    if event.isFromEarlierRun { earlierWork = doneWork }
    let pause: Duration = style == .bar ? .milliseconds(200) : .seconds(10)
    let now = ContinuousClock.now
    if let lastShown, now - lastShown < pause, event.fraction < 1 { return }
    if style == .plain, let lastShown, now - lastShown < .seconds(1) { return }
    lastShown = now
    show()
  }

  /// Ends the line.
  func finish() {
    if style == .bar { FileHandle.standardError.write(Data("\n".utf8)) }
  }

  private func show() {
    let line = line
    switch style {
    case .plain: writeError(line)
    case .bar: FileHandle.standardError.write(Data("\r\u{1B}[2K\(line.prefix(width - 1))".utf8))
    }
  }

  private var line: String {
    let share = doneWork / max(totalWork, 1)
    let finished = fractions.values.count { $0 >= 1 }
    let running = latest.values.sorted { $0.cell.path < $1.cell.path }.map { event in
      event.cell.path + (event.step.map { " step \($0)" } ?? "")
        + (event.note.map { " (\($0))" } ?? "")
    }
    let head = "\(finished)/\(plan.count) cells | \(Int(share * 100)) % | ETA \(eta)"
    let bar = style == .bar ? "\(drawing(share)) " : ""
    return bar + ([head] + running).joined(separator: " | ")
  }

  private func drawing(_ share: Double) -> String {
    let filled = Int(share * 20)
    return "[" + String(repeating: "#", count: filled)
      + String(repeating: ".", count: max(0, 20 - filled)) + "]"
  }

  /// The time left, if work goes on as fast as since the start.
  private var eta: String {
    let done = doneWork - earlierWork
    let elapsed = Double((ContinuousClock.now - start).components.seconds)
    guard done > 0.01 * totalWork, elapsed >= 2 else { return "…" }
    let left = Int(elapsed * (totalWork - doneWork) / done)
    return left >= 60 ? "\(left / 60) min \(left % 60) s" : "\(left) s"
  }

  private var doneWork: Double {
    plan.reduce(0) { $0 + $1.weight * (fractions[$1.cell] ?? 0) }
  }

  private var totalWork: Double { plan.reduce(0) { $0 + $1.weight } }

  private var width: Int {
    max(1, ProcessInfo.processInfo.environment["COLUMNS"].flatMap(Int.init) ?? 120)
  }
}

/// A display that cells on several threads report to.
///
/// A lock and not a stream of events: training occupies every thread that could read the stream.
final class SharedDisplay<Display: Sendable>: Sendable {
  private let display: Mutex<Display>

  init(_ display: Display) { self.display = Mutex(display) }

  /// Changes or reads the display, one thread at a time.
  func callAsFunction<Result: Sendable>(_ change: (inout Display) -> Result) -> Result {
    display.withLock { change(&$0) }
  }
}

extension ProgressDisplay.Style {
  /// A bar on a terminal that can move its cursor, lines elsewhere.
  static var detected: Self {
    let environment = ProcessInfo.processInfo.environment
    let isDumb =
      environment["TERM"] == "dumb" || environment["CI"] != nil
      || !(environment["NO_COLOR"] ?? "").isEmpty
    return isatty(FileHandle.standardError.fileDescriptor) == 1 && !isDumb ? .bar : .plain
  }
}
