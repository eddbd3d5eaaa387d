# Draws gold-by-kl.svg and gold-by-kl.png from gold-by-kl.csv:  gnuplot gold-by-kl.gp
set datafile separator ","
set title "Gold reward against KL" font ",20"
set xlabel "sequence KL(π‖π\\_ref), nats"
set ylabel "gold reward"
set border 3 lc rgb "#666666"
set tics nomirror out
set grid lc rgb "#e4e4e4" lw 1
set key inside bottom right vertical Left reverse samplen 2
set style fill transparent solid 0.18 noborder
set xtics auto
data = "gold-by-kl.csv"
set terminal svg size 760,500 font "Helvetica,19" name "gold_by_kl" background rgb "white"
set output "gold-by-kl.svg"
plot data using ($1==0?$2:1/0):($1==0?$4:1/0):($1==0?$5:1/0) skip 1 with filledcurves lc rgb "#0072B2" notitle, \
  data using ($1==0?$2:1/0):($1==0?$3:1/0) skip 1 with linespoints lw 2 pt 7 ps 0.35 lc rgb "#0072B2" title "PPO", \
  data using ($1==1?$2:1/0):($1==1?$3:1/0):($1==1?$4:1/0):($1==1?$5:1/0) skip 1 with yerrorbars lw 2 pt 7 ps 0.8 lc rgb "#0072B2" notitle, \
  data using ($1==2?$2:1/0):($1==2?$4:1/0):($1==2?$5:1/0) skip 1 with filledcurves lc rgb "#56B4E9" notitle, \
  data using ($1==2?$2:1/0):($1==2?$3:1/0) skip 1 with linespoints lw 2 pt 7 ps 0.35 lc rgb "#56B4E9" title "PPO-GT", \
  data using ($1==3?$2:1/0):($1==3?$3:1/0):($1==3?$4:1/0):($1==3?$5:1/0) skip 1 with yerrorbars lw 2 pt 7 ps 0.8 lc rgb "#56B4E9" notitle, \
  data using ($1==4?$2:1/0):($1==4?$4:1/0):($1==4?$5:1/0) skip 1 with filledcurves lc rgb "#D55E00" notitle, \
  data using ($1==4?$2:1/0):($1==4?$3:1/0) skip 1 with linespoints lw 2 pt 7 ps 0.35 lc rgb "#D55E00" title "DPO", \
  data using ($1==5?$2:1/0):($1==5?$3:1/0):($1==5?$4:1/0):($1==5?$5:1/0) skip 1 with yerrorbars lw 2 pt 7 ps 0.8 lc rgb "#D55E00" notitle, \
  data using ($1==6?$2:1/0):($1==6?$3:1/0):($1==6?$4:1/0):($1==6?$5:1/0) skip 1 with yerrorbars lw 2 pt 7 ps 0.8 lc rgb "#009E73" title "best-of-n"
set terminal pngcairo size 1140,750 font "Helvetica,23"
set output "gold-by-kl.png"
replot
